import { printBalance } from '../command-line/commands/balance.ts';
import { printImport, rejectsOf } from '../command-line/commands/import.ts';
import { printGroups } from '../command-line/commands/segment.ts';
import type { Reporter } from '../command-line/reporter.ts';
import type { DemoReport, DemoStep } from './run-demo.ts';

const STEP_NAMES: Readonly<Record<DemoStep['name'], readonly [string, string]>> = {
  stores: ['tiendas', 'stores'], members: ['socios', 'members'], tickets: ['tiques', 'tickets'], settle: [
    'puesta al día', 'catching up',
  ],
  story: ['un socio', 'a member'], rfm: ['RFM', 'RFM'], export: ['audiencia', 'audience'], verify: [
    'comprobación', 'verification',
  ],
};

/**
 * The demo's report, for somebody who runs a shop. `serving` adds where the platform listens and a request to
 * try.
 */
export function printReport(
  reporter: Reporter, report: DemoReport, serving: { url: string; key: string } | undefined
): void {
  const say = reporter.say.bind(reporter);
  const line = reporter.line.bind(reporter);
  line('');
  line(say('══ Informe ══', '══ Report ══'));
  const [enrolled, known] = [reporter.number(report.members.enrolled), reporter.number(report.members.known)];
  line(say(`Tiendas: ${report.stores}. Socios: ${enrolled} nuevos, ${known} ya conocidos.`,
    `Stores: ${report.stores}. Members: ${enrolled} new, ${known} known already.`));
  printTickets(reporter, report);
  printMember(reporter, report);
  line('');
  const asOf = report.rfm.inputs.asOf.slice(0, 10);
  const scored = reporter.number(report.rfm.groups.reduce((sum, group) => sum + group.members, 0));
  line(say(
    `RFM a ${asOf}: ${scored} socios según lo reciente, lo frecuente y el importe de sus compras:`,
    `RFM as of ${asOf}: ${scored} members by how recently, how often and for how much they bought:`
  ));
  printGroups(reporter, report.rfm);
  line('');
  line(
    say(
      `Audiencia ${report.audience.segmentId}: ${reporter.number(report.audience.rows)} filas en ${report.audience.file}`,
      `Audience ${report.audience.segmentId}: ${reporter.number(report.audience.rows)} rows in ${report.audience.file}`
    )
  );
  line(
    say(
      `  Manifiesto: ${report.audience.manifest} (SHA-256 ${report.audience.sha256})`,
      `  Manifest: ${report.audience.manifest} (SHA-256 ${report.audience.sha256})`
    )
  );
  printProof(reporter, report);
  if (serving) printServing(reporter, serving, report);
}

function printTickets(reporter: Reporter, report: DemoReport): void {
  printImport(reporter, report.tickets);
  const { issued, worthMinor, currency } = report.points;
  const worth = new Intl.NumberFormat(
    reporter.language === 'es' ? 'es-ES' : 'en-GB', { style: 'currency', currency }
  ).format(worthMinor / 100);
  reporter.line(issued === 0 && (report.tickets.rows['unchanged'] ?? 0) > 0
    ? reporter.say(
      '  El fichero ya se conocía: no ha cambiado nada.', '  The file was known already: nothing changed.'
    )
    : reporter.say(
      `  Puntos emitidos: ${reporter.number(issued)}, que valen ${worth}`,
      `  Points issued: ${reporter.number(issued)}, worth ${worth}`
    ));
}

function printMember(reporter: Reporter, { member, redemption }: DemoReport): void {
  reporter.line('');
  reporter.line(
    reporter.say(
      `Tarjeta ${member.card}, y por qué tiene lo que tiene:`,
      `Card ${member.card}, and why it has what it has:`
    )
  );
  printBalance(reporter, { memberId: member.memberId, balance: member.before, entries: member.entries });
  const after = reporter.number(redemption.after.available);
  reporter.line(redemption.replayed
    ? reporter.say(
      `  Canje ${redemption.redemptionId}: ya estaba hecho; quedan ${after} puntos.`,
      `  Redemption ${redemption.redemptionId}: done already; ${after} points left.`
    )
    : reporter.say(`  Canje de ${redemption.points} puntos (${redemption.redemptionId}): de ${reporter.number(member.before.available)} a ${after}.`,
      `  Redeemed ${redemption.points} points (${redemption.redemptionId}): from ${reporter.number(member.before.available)} to ${after}.`));
}

function printProof(reporter: Reporter, { verify, steps, memory }: DemoReport): void {
  reporter.line('');
  reporter.line(verify.differences.length === 0
    ? reporter.say(
      `Comprobado: ${reporter.number(verify.wallets)} monederos recalculados desde ${reporter.number(verify.events)} eventos, sin diferencias.`,
      `Verified: ${reporter.number(verify.wallets)} wallets recomputed from ${reporter.number(verify.events)} events, no differences.`
    )
    : reporter.say(
      `DIFERENCIAS: ${verify.differences.join('; ')}`, `DIFFERENCES: ${verify.differences.join('; ')}`
    ));
  reporter.line(
    reporter.say(`Huella de los saldos: ${verify.balancesHash}`, `Balances hash: ${verify.balancesHash}`)
  );
  const total = steps.reduce((sum, step) => sum + step.milliseconds, 0);
  const seconds = (milliseconds: number): string => `${reporter.number(Math.round(milliseconds / 100) / 10)} s`;
  const each = steps.map(
    (step) => `${STEP_NAMES[step.name][reporter.language === 'es' ? 0 : 1]} ${seconds(step.milliseconds)}`
  ).join(' · ');
  reporter.line(
    reporter.say(`Tiempo: ${seconds(total)} (${each})`, `Time: ${seconds(total)} (${each})`)
  );
  reporter.line(
    reporter.say(
      `Memoria máxima (proceso y PostgreSQL): ${Math.round(memory.peakBytes / 2 ** 20)} MiB`,
      `Peak memory (process and PostgreSQL): ${Math.round(memory.peakBytes / 2 ** 20)} MiB`
    )
  );
}

function printServing(
  reporter: Reporter, { url, key }: { url: string; key: string }, { member, tickets }: DemoReport
): void {
  reporter.line('');
  reporter.line(
    reporter.say(
      `La plataforma sigue en ${url} (documentación: ${url}/docs). Pruebe:`,
      `The platform serves on at ${url} (documentation: ${url}/docs). Try:`
    )
  );
  for (const path of [`/v1/members/${member.memberId}/balance`, rejectsOf(tickets)]) {
    reporter.line(`  curl -s -H 'Authorization: Bearer ${key}' ${url}${path}`);
  }
  reporter.line(reporter.say('Ctrl-C la detiene.', 'Ctrl-C stops it.'));
}
