import { Body, Controller, type DynamicModule, HttpCode, Inject, Post } from '@nestjs/common';
import { declareProblems, Documented, Problem, RequireScope, type SandboxClock, validated } from '@trebol/chassis';
import { instant } from '@trebol/contracts';
import { z } from 'zod';

declareProblems({
  clockGoesBack: {
    status: 409,
    es: { title: 'El reloj no retrocede', detail: 'El reloj de pruebas está en {now} y no puede volver a {to}.' },
    en: { title: 'The clock does not go back', detail: 'The test clock is at {now} and cannot go back to {to}.' },
  },
});

const SANDBOX = Symbol('SandboxClock');
const SETTLED = Symbol('settled');
const advance = z.strictObject({ to: instant });

/** The clock of a sandbox (`trebol start --clock`), moved by an integrator who wants to see a year in a minute. */
@Controller('v1/test-clock')
class TestClockController {
  constructor(@Inject(SANDBOX) private readonly clock: SandboxClock, @Inject(SETTLED) private readonly settled: () => Promise<void>) {}

  @Post('advance')
  @HttpCode(200)
  @RequireScope('test-clock:write')
  @Documented({ summary: 'Move the sandbox clock forward; answers when what was due has been booked', body: advance })
  async advance(@Body(validated(advance)) { to }: z.output<typeof advance>): Promise<{ now: string }> {
    const target = Date.parse(to);
    if (target < this.clock.now()) throw new Problem('clockGoesBack', { now: new Date(this.clock.now()).toISOString(), to });
    this.clock.advanceTo(target);
    await this.settled();
    return { now: new Date(this.clock.now()).toISOString() };
  }
}

class TestClock {}

/** Adds the route to a sandbox; a platform on real time does not have it. */
export function testClockModule(clock: SandboxClock, settled: () => Promise<void>): DynamicModule {
  return { module: TestClock, controllers: [TestClockController], providers: [{ provide: SANDBOX, useValue: clock }, { provide: SETTLED, useValue: settled }] };
}
