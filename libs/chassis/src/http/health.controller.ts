import { Controller, type DynamicModule, Get, Inject, type OnApplicationBootstrap, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { PublicRoute } from '../auth/route-scope.ts';
import { Health, type HealthReport } from '../lifecycle/health.ts';

function probe(reply: FastifyReply, report: HealthReport): HealthReport {
  reply.code(report.status === 'ok' ? 200 : 503);
  return report;
}

/** Probes: alive (the process answers), started (modules are up), ready (everything it needs can be used). */
@ApiExcludeController()
@PublicRoute()
@Controller()
export class HealthController implements OnApplicationBootstrap {
  readonly #health: Health;

  constructor(@Inject(Health) health: Health) {
    this.#health = health;
  }

  onApplicationBootstrap(): void {
    this.#health.markStarted();
  }

  @Get('livez')
  livez(): HealthReport {
    return { status: 'ok' };
  }

  @Get('startupz')
  startupz(@Res({ passthrough: true }) reply: FastifyReply): HealthReport {
    return probe(reply, { status: this.#health.started ? 'ok' : 'unavailable' });
  }

  @Get('readyz')
  async readyz(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthReport> {
    return probe(reply, await this.#health.readiness());
  }
}

class HealthModule {}

/** Module of the three probes over a given state. */
export function healthModule(health: Health): DynamicModule {
  return { module: HealthModule, controllers: [HealthController], providers: [{ provide: Health, useValue: health }] };
}
