/** The programme in force until rules are applied (`earning.md` §2). */
export const PROGRAMME = { programme: 'club', pointType: 'points', zone: 'Europe/Madrid' } as const;
