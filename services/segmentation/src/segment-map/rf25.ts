import type { SegmentMap } from '../run-record.ts';
import { checkedMap } from './segment-map.ts';

/** The 25 cells of recency × frequency (`segmentation.md` §2). */
export const rf25: SegmentMap = checkedMap({
  id: 'rf25',
  version: 1,
  axes: ['r', 'f'],
  groups: [
    { id: 'champions', name: { es: 'Campeones', en: 'Champions' } },
    { id: 'loyal', name: { es: 'Fieles', en: 'Loyal' } },
    { id: 'potentialLoyalist', name: { es: 'Fieles en potencia', en: 'Potential loyalists' } },
    { id: 'new', name: { es: 'Nuevos', en: 'New' } },
    { id: 'promising', name: { es: 'Prometedores', en: 'Promising' } },
    { id: 'needAttention', name: { es: 'Necesitan atención', en: 'Need attention' } },
    { id: 'aboutToSleep', name: { es: 'A punto de dormirse', en: 'About to sleep' } },
    { id: 'atRisk', name: { es: 'En riesgo', en: 'At risk' } },
    { id: 'cantLose', name: { es: 'No se pueden perder', en: "Can't lose" } },
    { id: 'hibernating', name: { es: 'Hibernando', en: 'Hibernating' } },
  ],
  rules: [
    { group: 'champions', cells: ['5[4-5]'] },
    { group: 'loyal', cells: ['[3-4][4-5]'] },
    { group: 'potentialLoyalist', cells: ['[4-5][2-3]'] },
    { group: 'new', cells: ['51'] },
    { group: 'promising', cells: ['41'] },
    { group: 'needAttention', cells: ['33'] },
    { group: 'aboutToSleep', cells: ['3[1-2]'] },
    { group: 'atRisk', cells: ['[1-2][3-4]'] },
    { group: 'cantLose', cells: ['[1-2]5'] },
    { group: 'hibernating', cells: ['[1-2][1-2]'] },
  ],
});
