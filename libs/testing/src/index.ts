export * from './clock.ts';
export * from './database.ts';
export * from './eventually.ts';
export * from './not-run.ts';
export * from './record-spans.ts';
