import { type Attributes, type Counter, type Histogram, metrics as api, type Meter, type ObservableGauge } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { Clock } from '@trebol/contracts';
import { systemClock } from '../clock/system-clock.ts';
import { type Figure, type FigureName, figures, type LabelArguments } from './figures.ts';
import type { Metrics, Reading } from './metrics.ts';

/** A gauge that has not been read by then is left out of the scrape: Prometheus itself gives up after ten seconds. */
const READ_MILLISECONDS_MAX = 2_000;

/** Two scrapers, or one that is wrong, cost the database one reading in this time. */
const PAGE_MILLISECONDS = 5_000;

type AnyReadings = readonly { readonly value: number; readonly labels?: Attributes | undefined }[];
type AnyRead = () => AnyReadings | Promise<AnyReadings>;

/**
 * The figures of this process: on the page that Prometheus reads, and by OTLP too where `@trebol/chassis/otel` has started the SDK.
 * One for a process.
 */
export class PlatformMetrics implements Metrics {
  readonly #clock: Clock;
  readonly #reader = new PrometheusExporter({ preventServerStart: true });
  readonly #serializer = new PrometheusSerializer('', false, undefined, true, true);
  readonly #meters: readonly Meter[];
  readonly #counters = new Map<string, readonly Counter[]>();
  readonly #histograms = new Map<string, readonly Histogram[]>();
  readonly #gauges = new Map<string, AnyRead[]>();
  #page: { readonly text: Promise<string>; readonly untilMs: number } | undefined;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#meters = [new MeterProvider({ readers: [this.#reader] }).getMeter('trebol'), api.getMeter('trebol')];
    for (const [name, figure] of Object.entries<Figure>(figures)) this.#declare(name, figure);
  }

  count<Name extends FigureName<'counter'>>(name: Name, amount: number, ...[labels]: LabelArguments<Name>): void {
    for (const counter of this.#counters.get(name) ?? []) counter.add(amount, labels);
  }

  observe<Name extends FigureName<'histogram'>>(name: Name, value: number, ...[labels]: LabelArguments<Name>): void {
    for (const histogram of this.#histograms.get(name) ?? []) histogram.record(value, labels);
  }

  gauge<Name extends FigureName<'gauge'>>(name: Name, read: () => readonly Reading<Name>[] | Promise<readonly Reading<Name>[]>): void {
    this.#gauges.get(name)?.push(read as AnyRead);
  }

  /** The figures in Prometheus's text format 0.0.4. Asked for within five seconds it is the same page. */
  page(): Promise<string> {
    const nowMs = this.#clock.now();
    if (this.#page === undefined || this.#page.untilMs <= nowMs) {
      this.#page = { text: this.#write(), untilMs: nowMs + PAGE_MILLISECONDS };
    }
    return this.#page.text;
  }

  async #write(): Promise<string> {
    const { resourceMetrics } = await this.#reader.collect();
    return `${this.#serializer.serialize(resourceMetrics).trimEnd()}\n`;
  }

  #declare(name: string, { kind, unit, help, buckets }: Figure): void {
    const options = { description: help, unit };
    switch (kind) {
      case 'counter':
        this.#counters.set(name, this.#meters.map((meter) => meter.createCounter(name, options)));
        return;
      case 'histogram':
        this.#histograms.set(name, this.#meters.map((meter) =>
          meter.createHistogram(name, { ...options, advice: { explicitBucketBoundaries: [...(buckets ?? [])] } })));
        return;
      case 'gauge':
        this.#gauges.set(name, []);
        for (const meter of this.#meters) this.#readWhenAsked(name, meter.createObservableGauge(name, options));
        return;
      default: {
        const never: never = kind;
        throw new Error(`figure of kind ${String(never)}`);
      }
    }
  }

  #readWhenAsked(name: string, gauge: ObservableGauge): void {
    gauge.addCallback(async (result) => {
      const readings = await Promise.all((this.#gauges.get(name) ?? []).map((read) => this.#reading(read)));
      for (const { value, labels } of readings.flat()) result.observe(value, labels);
    });
  }

  async #reading(read: AnyRead): Promise<AnyReadings> {
    const over = new AbortController();
    try {
      return await Promise.race([read(), this.#clock.sleep(READ_MILLISECONDS_MAX, over.signal).then(() => [])]);
    } catch {
      return [];
    } finally {
      over.abort();
    }
  }
}
