export * from './currency-exponent.ts';
export * from './explanation.ts';
export * from './field-messages.ts';
export * from './messages.ts';
export * from './ports.ts';
export * from './primitives.ts';
export * from './ticket.ts';
export * from './topics.ts';
