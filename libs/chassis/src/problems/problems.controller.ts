import { Controller, type DynamicModule, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { PublicRoute } from '../auth/route-scope.ts';
import { type ProblemDefinition, problemCatalogue } from './catalogue.ts';
import { Lang, type Language } from './language.ts';
import { Problem } from './problem.ts';

/** What a problem's `type` names: what the refusal means, whoever meets it. Figures of one occurrence are left out of `detail`. */
interface ProblemPage {
  readonly type: string;
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

const pageOf = (code: string, definition: ProblemDefinition, language: Language): ProblemPage => ({
  type: `/problems/${code}`, code, status: definition.status, title: definition[language].title,
  detail: definition[language].detail.replace(/\{\w+\}/g, '…'),
});

/** Every `type` of a problem document can be followed: `GET /problems/<code>`, as JSON or as a page; `GET /problems` lists them. */
@ApiExcludeController()
@PublicRoute()
@Controller('problems')
export class ProblemsController {
  @Get()
  list(@Lang() language: Language): { readonly problems: readonly ProblemPage[] } {
    const all = [...problemCatalogue].toSorted(([left], [right]) => (left < right ? -1 : 1));
    return { problems: all.map(([code, definition]) => pageOf(code, definition, language)) };
  }

  @Get(':code')
  // oxlint-disable-next-line max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes
  show(
    @Param('code') code: string, @Lang() language: Language, @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): ProblemPage | string {
    const definition = problemCatalogue.get(code);
    if (definition === undefined) throw new Problem('notFound');
    const page = pageOf(code, definition, language);
    reply.header('content-language', language);
    if (accept?.includes('text/html') !== true) return page;
    reply.type('text/html; charset=utf-8');
    return htmlOf(page, language);
  }
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const htmlOf = ({ title, detail, status, code }: ProblemPage, language: Language): string =>
  `<!doctype html><html lang="${language}"><meta charset="utf-8"><title>${escaped(title)}</title>`
  + `<h1>${escaped(title)}</h1><p>${escaped(detail)}</p><p>HTTP ${status} · <code>${code}</code></p></html>`;

class ProblemsModule {}

/** Module of the catalogue: what this process may refuse with. */
export const problemsModule = (): DynamicModule => ({ module: ProblemsModule, controllers: [ProblemsController] });
