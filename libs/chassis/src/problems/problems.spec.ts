import { describe, expect, it } from '@jest/globals';
import { declareProblems, problemCatalogue } from './catalogue.ts';
import { languageOf } from './language.ts';
import { Problem, problemDocument } from './problem.ts';

describe('problem', () => {
  it('given details, then they fill the text, become members, and cannot replace the standard ones', () => {
    const document = problemDocument(new Problem('bodyTooLarge', { limitBytes: 10, status: 200, code: 'x' }), 'en', 'trace');
    expect(document).toEqual({
      type: '/problems/bodyTooLarge', title: 'The body is too large', status: 413, code: 'bodyTooLarge', limitBytes: 10,
      detail: 'The body of the request is over the limit of 10 bytes.', traceId: 'trace',
    });
  });

  it('given errors with a message for each language, then the caller gets theirs', () => {
    const errors = [{ pointer: '/a', message: { es: 'mal', en: 'wrong' } }, { pointer: '/b', message: 'same' }];
    const problem = new Problem('invalidRequest', { errors });
    expect(problemDocument(problem, 'es', 't').errors).toEqual([{ pointer: '/a', message: 'mal' }, { pointer: '/b', message: 'same' }]);
  });

  it('given a 503 without figures, then it says when to come back', () => {
    const document = problemDocument(new Problem('overloaded'), 'es', 't');
    expect(document.detail).toBe('Vuelva a intentarlo; segundos de espera: 1.');
    expect(new Problem('overloaded', { retryAfterSeconds: 7 }).retryAfterSeconds).toBe(7);
  });

  it('given a code nobody declared, then making the problem is an error', () => {
    expect(() => new Problem('madeUp')).toThrow('undeclared');
  });
});

describe('catalogue', () => {
  const words = { title: 't', detail: 'd {available}' };

  it('given a service\'s own code, when declared, then it can be used; when declared with another meaning, it is refused', () => {
    declareProblems({ noStock: { status: 409, es: words, en: words } });
    expect(problemDocument(new Problem('noStock', { available: 3 }), 'en', 't'))
      .toMatchObject({ status: 409, detail: 'd 3', available: 3 });
    declareProblems({ noStock: { status: 409, es: words, en: words } });
    expect(() => declareProblems({ noStock: { status: 422, es: words, en: words } })).toThrow('noStock');
  });

  it('given every code, then both languages have words with the same placeholders', () => {
    const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).toSorted();
    for (const [code, { es, en }] of problemCatalogue) {
      expect({ code, names: placeholders(es.detail) }).toEqual({ code, names: placeholders(en.detail) });
    }
  });
});

describe('codes among the figures of a refusal', () => {
  it('given words for them, then the sentence has the words and the member keeps the code', () => {
    const of = (shut: string, open: string) => ({ title: 'T', detail: 'D {state}.', words: { shut, open } });
    declareProblems({ doorIs: { status: 409, es: of('cerrada', 'abierta'), en: of('shut', 'open') } });
    expect(problemDocument(new Problem('doorIs', { state: 'shut' }), 'es', 't')).toMatchObject({ detail: 'D cerrada.', state: 'shut' });
    expect(problemDocument(new Problem('doorIs', { state: 'toString' }), 'es', 't').detail).toBe('D toString.');
  });
});

describe('words of the catalogue', () => {
  it('given every code, then title and detail are sentences in both languages, and neither stands for the other', () => {
    for (const [code, { status, es, en }] of problemCatalogue) {
      if (code === 'noStock' || code === 'doorIs') continue;
      expect({ code, range: status >= 400 && status <= 599 }).toEqual({ code, range: true });
      for (const { title, detail } of [es, en]) {
        expect(title).toMatch(/^\p{Lu}[^.]*[^. ]$/u);
        expect(detail).toMatch(/^\p{Lu}.*[.]$/u);
      }
      expect({ code, same: es.title === en.title || es.detail === en.detail }).toEqual({ code, same: false });
    }
  });
});

describe('language of a caller', () => {
  it.each([
    [undefined, 'en'], ['', 'en'], ['es', 'es'], ['es-ES,es;q=0.9,en;q=0.8', 'es'], ['en;q=0.8, es;q=0.9', 'es'],
    ['fr, de', 'en'], ['fr;q=1, es-MX;q=0.3', 'es'], ['es;q=0', 'en'], ['es;q=x, en', 'en'], ['ES', 'es'],
  ] as const)('given Accept-Language %p, then it is %s', (header, expected) => {
    expect(languageOf(header)).toBe(expected);
  });
});
