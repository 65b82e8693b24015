/** Every consumer group there is; a spec holds them against what the services declare. */
export const CONSUMER_GROUPS: readonly string[] = [
  'earning.members.v1', 'earning.tickets.v1', 'redemption.members.v1', 'segmentation.facts.v1', 'segmentation.members.v1',
];
