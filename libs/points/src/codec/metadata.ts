import type { CommandHeader } from '../commands.ts';

/** What an event says of where it comes from. */
export interface Origin {
  readonly commandId: string;
  readonly causationId: string | undefined;
  readonly traceparent: string | undefined;
}

/** A trace is the last member, so that it is found without parsing: a quote inside an id would stand behind a backslash. */
const TRACE = /,"t":"([0-9a-f-]{55})"\}$/;
const TRACE_TAIL_CHARACTERS = ',"t":""}'.length + 55;

/** Compact metadata of a command's events: `c` command, `b` what it was given because of, `t` traceparent; what is not given is not stored. */
export function metadataOf({ commandId, causationId, traceparent }: CommandHeader): string {
  if (causationId === undefined && traceparent === undefined) return `{"c":${JSON.stringify(commandId)}}`;
  return JSON.stringify({ c: commandId, b: causationId, t: traceparent });
}

/** The trace an event was recorded in, if any. Quick: it is asked of every event of a batch. */
export function traceparentOf({ metadata }: { readonly metadata?: string | undefined }): string | undefined {
  if (metadata === undefined || metadata.length <= TRACE_TAIL_CHARACTERS) return undefined;
  return TRACE.exec(metadata.slice(-TRACE_TAIL_CHARACTERS))?.[1];
}

/** Everything an event says of where it comes from, for people who look into a stream; undefined when nothing was stored with it. */
export function originOf({ metadata }: { readonly metadata?: string | undefined }): Origin | undefined {
  if (metadata === undefined) return undefined;
  const { c, b, t } = JSON.parse(metadata) as { c: string; b?: string; t?: string };
  return { commandId: c, causationId: b, traceparent: t };
}
