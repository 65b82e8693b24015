import { type Clock, type Language, printable } from '@trebol/contracts';
import { SingleBar } from 'cli-progress';

/** How often a line of progress is printed where there is no terminal, in milliseconds. */
const PLAIN_LINE_EVERY_MS = 2_000;

/**
 * Long work in sight: a bar on a terminal, a plain line every two seconds otherwise, one JSON document per
 * line with `--json`.
 */
export interface Progress {
  update(done: number, total: number): void;
  end(): void;
}

/** Long work: its name for programs, the same in every language, and the words for people. */
export interface Work { readonly name: string; readonly label: string; readonly unit: string }

/** Where a command's words go: with `--json` documents on standard output and the rest on standard error. */
export class Reporter {
  constructor(
    private readonly options: {
      readonly json: boolean;
      readonly language: Language;
      readonly terminal: boolean;
    },
    private readonly clock: Clock,
  ) {}

  get json(): boolean { return this.options.json; }
  get language(): Language { return this.options.language; }

  /** A line for people. What came from a file or the platform cannot command their terminal: see `printable`. */
  line(text: string): void {
    (this.options.json ? process.stderr : process.stdout).write(`${printable(text)}\n`);
  }

  /** The answer for programs: one compact JSON document on a line, only with `--json`. */
  document(value: unknown): void {
    if (this.options.json) process.stdout.write(`${escaped(JSON.stringify(value))}\n`);
  }

  /** In the reader's language. */
  say(es: string, en: string): string {
    return this.options.language === 'es' ? es : en;
  }

  number(value: number): string {
    return value.toLocaleString(this.options.language === 'es' ? 'es-ES' : 'en-GB', { useGrouping: true });
  }

  progress(work: Work): Progress {
    return this.options.terminal ? this.bar(work) : this.plain(work);
  }

  private bar({ label, unit }: Work): Progress {
    const bar = new SingleBar({
      stream: process.stderr, hideCursor: true, clearOnComplete: false,
      format: `  ${label.padEnd(24)} {bar} {percentage}% | {value}/{total} ${unit} | {rate}/s | ETA {eta_formatted}`,
    });
    const began = this.clock.now();
    let started = false;
    return {
      update: (done, total) => {
        const rate = this.rate(done, began);
        if (!started) { bar.start(total, done, { rate }); started = true; }
        bar.setTotal(total);
        bar.update(done, { rate });
      },
      end: () => { if (started) bar.stop(); },
    };
  }

  private plain({ name, label, unit }: Work): Progress {
    const began = this.clock.now();
    let last = began;
    return {
      update: (done, total) => {
        const now = this.clock.now();
        if (now - last < PLAIN_LINE_EVERY_MS) return;
        last = now;
        const rate = Math.max(1, this.rate(done, began));
        const eta = Math.ceil(Math.max(0, total - done) / rate);
        const figures = `${this.number(done)}/${this.number(total)} ${unit}, ${this.number(rate)}/s, ETA ${eta} s`;
        process.stderr.write(`  ${label}: ${figures}\n`);
        this.document({ event: 'progress', work: name, done, total, ratePerSecond: rate });
      },
      end: () => {},
    };
  }

  private rate(done: number, began: number): number {
    return Math.round((done * 1000) / Math.max(1, this.clock.now() - began));
  }
}

/** JSON leaves DEL and C1 as they are; on a terminal C1 commands. The document means the same. */
const escaped = (json: string): string => json.replaceAll(
  /[\u007F-\u009F]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`
);
