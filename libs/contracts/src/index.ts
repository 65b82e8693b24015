export * from './explanation.ts';
export * from './messages.ts';
export * from './ports.ts';
export * from './primitives.ts';
export * from './ticket.ts';
export * from './topics.ts';
