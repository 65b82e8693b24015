import type { SegmentMap } from '../run-record.ts';
import { checkedMap } from './segment-map.ts';

const cells = (list: string): readonly string[] => list.trim().split(/\s+/);

/** The 125 cells of recency × frequency × money (`segmentation.md` §2). */
export const rfm125: SegmentMap = checkedMap({
  id: 'rfm125',
  version: 1,
  axes: ['r', 'f', 'm'],
  groups: [
    { id: 'champions', name: { es: 'Campeones', en: 'Champions' } },
    { id: 'loyal', name: { es: 'Fieles', en: 'Loyal' } },
    { id: 'potentialLoyalist', name: { es: 'Fieles en potencia', en: 'Potential loyalists' } },
    { id: 'new', name: { es: 'Nuevos', en: 'New' } },
    { id: 'promising', name: { es: 'Prometedores', en: 'Promising' } },
    { id: 'needAttention', name: { es: 'Necesitan atención', en: 'Need attention' } },
    { id: 'aboutToSleep', name: { es: 'A punto de dormirse', en: 'About to sleep' } },
    { id: 'atRisk', name: { es: 'En riesgo', en: 'At risk' } },
    { id: 'cannotLose', name: { es: 'No se pueden perder', en: 'Cannot lose' } },
    { id: 'hibernating', name: { es: 'Hibernando', en: 'Hibernating' } },
    { id: 'lost', name: { es: 'Perdidos', en: 'Lost' } },
  ],
  rules: [
    { group: 'champions', cells: cells('555 554 544 545 454 455 445') },
    { group: 'loyal', cells: cells('543 444 435 355 354 345 344 335') },
    {
      group: 'potentialLoyalist',
      cells: cells(`553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 341 333 323`),
    },
    { group: 'new', cells: cells('512 511 422 421 412 411 311') },
    { group: 'promising', cells: cells('525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313') },
    { group: 'needAttention', cells: cells('535 534 443 434 343 334 325 324') },
    { group: 'aboutToSleep', cells: cells('331 321 312 221 213 231 241 251') },
    {
      group: 'atRisk',
      cells: cells('255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133 125 124'),
    },
    { group: 'cannotLose', cells: cells('155 154 144 214 215 115 114 113') },
    { group: 'hibernating', cells: cells('332 322 233 232 223 222 132 123 122 212 211') },
    { group: 'lost', cells: cells('111 112 121 131 141 151') },
  ],
});
