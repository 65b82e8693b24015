import { Body, Controller, type DynamicModule, Headers, HttpCode, Inject, Post } from '@nestjs/common';
import { instant } from '@trebol/contracts';
import { z } from 'zod';
import { RequireScope } from '../auth/route-scope.ts';
import type { SandboxClock } from '../clock/sandbox-clock.ts';
import { Documented } from '../http/documented.ts';
import { declareProblems } from '../problems/catalogue.ts';
import { Problem } from '../problems/problem.ts';
import { validated } from '../validation/validated.ts';

declareProblems({
  clockGoesBack: {
    status: 409,
    es: {
      title: 'El reloj no retrocede', detail: 'El reloj de pruebas está en {now} y no puede volver a {to}.',
    },
    en: {
      title: 'The clock does not go back', detail: 'The test clock is at {now} and cannot go back to {to}.',
    },
  },
  clockTooFar: {
    status: 422,
    es: {
      title: 'El reloj iría demasiado lejos',
      detail: 'El reloj de pruebas llega hasta {latest}; se pidió {to}.',
    },
    en: {
      title: 'The clock would go too far', detail: 'The test clock goes up to {latest}; {to} was asked for.',
    },
  },
  testKeyNeeded: {
    status: 403,
    es: {
      title: 'Hace falta una clave de pruebas',
      detail: 'El reloj de pruebas solo obedece a claves trb_test_.',
    },
    en: { title: 'A test key is needed', detail: 'The test clock obeys trb_test_ keys only.' },
  },
});

/**
 * Last instant a sandbox may stand at: nobody tries out more, and days are counted in four-digit years
 * everywhere.
 */
export const TEST_CLOCK_LATEST = Date.UTC(2150, 0, 1);

/** What the routes work on. */
export interface TestClockParts {
  readonly clock: SandboxClock;
  /** Does what has become due; true when a whole look found nothing under way. */
  readonly settle: () => Promise<boolean>;
}

export interface TestClockAnswer {
  readonly now: string;
  /** True when nothing was left to do here; of several processes each speaks for itself. */
  readonly quiet: boolean;
}

const PARTS = Symbol('TestClockParts');
const advance = z.strictObject({ to: instant });
const answer = z.strictObject({ now: instant, quiet: z.boolean() }) satisfies z.ZodType<TestClockAnswer>;

/** The clock of a sandbox, moved by an integrator who wants to see a year in a minute. */
@Controller('v1/test-clock')
class TestClockController {
  constructor(@Inject(PARTS) private readonly parts: TestClockParts) {}

  @Post('advance')
  @HttpCode(200)
  @RequireScope('test-clock:write')
  @Documented({
    summary: 'Move the sandbox clock forward; answers when what was due has been booked', answers: { 200: answer },
    problems: ['clockGoesBack', 'clockTooFar', 'testKeyNeeded'],
  })
  async advance(
    @Body(validated(advance)) { to }: z.output<typeof advance>, @Headers('authorization') authorization = '',
  ): Promise<TestClockAnswer> {
    refuseLiveKey(authorization);
    const { clock } = this.parts;
    const target = Date.parse(to);
    if (target > TEST_CLOCK_LATEST) {
      throw new Problem('clockTooFar', { latest: new Date(TEST_CLOCK_LATEST).toISOString(), to });
    }
    if (target < clock.now()) {
      throw new Problem('clockGoesBack', { now: new Date(clock.now()).toISOString(), to });
    }
    clock.advanceTo(target);
    return this.settle(authorization);
  }

  @Post('settle')
  @HttpCode(200)
  @RequireScope('test-clock:write')
  @Documented({ summary: 'Do what is due; quiet when nothing was left', answers: { 200: answer }, problems: ['testKeyNeeded'] })
  async settle(@Headers('authorization') authorization = ''): Promise<TestClockAnswer> {
    refuseLiveKey(authorization);
    const quiet = await this.parts.settle();
    return { now: new Date(this.parts.clock.now()).toISOString(), quiet };
  }
}

/**
 * A key of real use has no business in a sandbox, and somebody who holds one may have taken this for the real
 * thing.
 */
function refuseLiveKey(authorization: string): void {
  if (/^Bearer +trb_live_/i.test(authorization)) throw new Problem('testKeyNeeded');
}

class TestClock {}

/** Adds the routes to a sandbox; a platform on real time does not have them. */
export function testClockModule(parts: TestClockParts): DynamicModule {
  return {
    module: TestClock, controllers: [TestClockController], providers: [{ provide: PARTS, useValue: parts }],
  };
}
