import { declareProblems } from '@trebol/chassis';

/** Refusals of this service. */
export const segmentationProblems = declareProblems({
  mapUnknown: {
    status: 422,
    es: { title: 'Mapa desconocido', detail: 'No hay ningún mapa de segmentos llamado {map}; los que hay son {known}.' },
    en: { title: 'Unknown map', detail: 'There is no segment map named {map}; those there are: {known}.' },
  },
  cutpointsUnknown: {
    status: 422,
    es: { title: 'Cortes desconocidos', detail: 'No hay ninguna ejecución {runId} de la que tomar los cortes.' },
    en: { title: 'Unknown cutpoints', detail: 'There is no run {runId} to take cutpoints from.' },
  },
  currencyAmbiguous: {
    status: 422,
    es: { title: 'Varias monedas', detail: 'Hay ventas en {currencies}; indique en cuál se calcula.' },
    en: { title: 'Several currencies', detail: 'There are sales in {currencies}; name the one to score.' },
  },
  nothingToScore: {
    status: 422,
    es: { title: 'Nada que puntuar', detail: 'Ningún socio tiene compras en ese periodo.' },
    en: { title: 'Nothing to score', detail: 'No member has a purchase in that period.' },
  },
  runNotFound: {
    status: 404,
    es: { title: 'Ejecución no encontrada', detail: 'No hay ninguna ejecución con ese identificador.' },
    en: { title: 'Run not found', detail: 'There is no run with that id.' },
  },
  segmentNotFound: {
    status: 404,
    es: { title: 'Segmento no encontrado', detail: 'La última ejecución no tiene el segmento {segmentId}.' },
    en: { title: 'Segment not found', detail: 'The latest run has no segment {segmentId}.' },
  },
  destinationUnknown: {
    status: 422,
    es: { title: 'Destino desconocido', detail: 'Nada se entrega a {destination}: no está dado de alta como destino.' },
    en: { title: 'Unknown destination', detail: 'Nothing is delivered to {destination}: it is not set up as a destination.' },
  },
  exportNotFound: {
    status: 404,
    es: { title: 'Exportación no encontrada', detail: 'No hay ninguna exportación con ese identificador.' },
    en: { title: 'Export not found', detail: 'There is no export with that id.' },
  },
});
