import type { SegmentMap } from '../run-record.ts';
import { checkedMap } from './segment-map.ts';

const SCORES = [1, 2, 3, 4, 5] as const;

/**
 * Cells of the whole cube for cells of recency × FM, where FM is the mean of frequency and money, rounded half up: `54` stands for every
 * cell with recency 5 whose frequency and money have the mean 4.
 */
const spread = (list: string): readonly string[] => list.split(' ').flatMap((cell) => {
  const [recency, mean] = [cell.charAt(0), Number(cell.charAt(1))];
  return SCORES.flatMap((f) => SCORES.filter((m) => Math.floor((f + m + 1) / 2) === mean).map((m) => `${recency}${f}${m}`));
});

/** Recency × FM, 25 cells (`segmentation.md` §2). */
export const rfm25: SegmentMap = checkedMap({
  id: 'rfm25',
  version: 1,
  axes: ['r', 'f', 'm'],
  groups: [
    { id: 'champions', name: { es: 'Campeones', en: 'Champions' } },
    { id: 'loyal', name: { es: 'Fieles', en: 'Loyal' } },
    { id: 'potentialLoyalist', name: { es: 'Fieles en potencia', en: 'Potential loyalists' } },
    { id: 'recent', name: { es: 'Recientes', en: 'Recent' } },
    { id: 'promising', name: { es: 'Prometedores', en: 'Promising' } },
    { id: 'needAttention', name: { es: 'Necesitan atención', en: 'Need attention' } },
    { id: 'aboutToSleep', name: { es: 'A punto de dormirse', en: 'About to sleep' } },
    { id: 'atRisk', name: { es: 'En riesgo', en: 'At risk' } },
    { id: 'cantLose', name: { es: 'No se pueden perder', en: "Can't lose" } },
    { id: 'hibernating', name: { es: 'Hibernando', en: 'Hibernating' } },
    { id: 'lost', name: { es: 'Perdidos', en: 'Lost' } },
  ],
  rules: [
    { group: 'champions', cells: spread('55 54 45') },
    { group: 'loyal', cells: spread('53 44 35 34') },
    { group: 'potentialLoyalist', cells: spread('52 42 33 43') },
    { group: 'recent', cells: spread('51') },
    { group: 'promising', cells: spread('41 31') },
    { group: 'needAttention', cells: spread('32 23 22') },
    { group: 'aboutToSleep', cells: spread('21') },
    { group: 'atRisk', cells: spread('25 24 13') },
    { group: 'cantLose', cells: spread('15 14') },
    { group: 'hibernating', cells: spread('12') },
    { group: 'lost', cells: spread('11') },
  ],
});
