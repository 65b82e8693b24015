import { Controller, type DynamicModule, Get, Header, Inject, type Type } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { PublicRoute, RequireScope } from '../auth/route-scope.ts';
import type { PlatformMetrics } from './platform-metrics.ts';

/** The page of figures, and who may read it. */
export interface MetricsPage {
  readonly page: PlatformMetrics['page'];
  /** `TREBOL_METRICS_OPEN=1`: no key is asked for. Only where nobody but the scraper reaches the port, or the ingress hides the path. */
  readonly open: boolean;
}

const PAGE = Symbol('MetricsPage');

/** Prometheus's text format, the version that every scraper reads. */
const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8';

function controllerFor(demand: ClassDecorator): Type<unknown> {
  @ApiExcludeController()
  @Controller('metrics')
  @demand
  class MetricsController {
    readonly #page: MetricsPage;

    constructor(@Inject(PAGE) page: MetricsPage) {
      this.#page = page;
    }

    @Get()
    @Header('content-type', TEXT_FORMAT)
    page(): Promise<string> {
      return this.#page.page();
    }
  }
  return MetricsController;
}

class MetricsModule {}

/** Module of `GET /metrics`: with a key of scope `metrics:read`, or open to all who reach the port. */
export function metricsModule(page: MetricsPage): DynamicModule {
  const controller = controllerFor(page.open ? PublicRoute() : RequireScope('metrics:read'));
  return { module: MetricsModule, controllers: [controller], providers: [{ provide: PAGE, useValue: page }] };
}
