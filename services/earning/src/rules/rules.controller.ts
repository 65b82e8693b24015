/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { Caller, Documented, files, Problem, RequireScope, validated } from '@trebol/chassis';
import { type Clock, instant } from '@trebol/contracts';
import { z } from 'zod';
import '../problems.ts';
import { activationFaults } from '../reasons.ts';
import { fieldProblem, isByteStream } from '../request-body.ts';
import { activatedAnswer, appliedAnswer, rulesAnswer, type ShownVersion } from './rules-answers.ts';
import { parseRuleFile, RULE_FILE_CHARS_MAX, ruleSet } from './rule-file.ts';
import { type RegisteredVersion, RuleRegister } from './rule-register.ts';

/** The clock, by which the list tells what is in force now. */
export const RULES_CLOCK = Symbol('RulesClock');

const applyQuery = z.strictObject({ dryRun: z.enum(['true', 'false']).default('false') });
const versionNumber = z.coerce.number().int().min(1).max(1_000_000);
const activateBody = z.strictObject({ from: instant.optional() }).optional();

/** The programme's rules: numbered versions that never change, activated from an instant on. */
@Controller('v1/rules')
export class RulesController {
  constructor(@Inject(RuleRegister) private readonly register: RuleRegister, @Inject(RULES_CLOCK) private readonly clock: Clock) {}

  @Get()
  @RequireScope('rules:read')
  @Documented({ summary: 'All versions of the rules, and which is in force', answers: { 200: rulesAnswer } })
  async list(@Caller() who: Caller): Promise<z.output<typeof rulesAnswer>> {
    const versions = await this.register.list(who.tenant);
    const inForce = inForceOf(versions, this.clock.now());
    return { inForce, versions: versions.map((version) => ({ ...answerOf(version), inForce: version.version === inForce })) };
  }

  @Post('versions')
  @HttpCode(200)
  @RequireScope('rules:write')
  @Documented({
    summary: 'Apply a rule set (JSON, or a YAML file as application/yaml); it gets the next number and is not in force yet',
    body: [ruleSet, files(['application/yaml'], 'The same as a YAML file')], answers: { 200: appliedAnswer },
  })
  async apply(
    @Body() body: unknown, @Query(validated(applyQuery)) query: z.output<typeof applyQuery>, @Caller() who: Caller,
  ): Promise<z.output<typeof appliedAnswer>> {
    const parsed = parseRuleFile(isByteStream(body) ? await readText(body) : JSON.stringify(body ?? null));
    if (parsed.status === 'invalid') throw new Problem('invalidRequest', { errors: parsed.errors });
    const result = await this.register.apply(who.tenant, parsed.ruleSet, { dryRun: query.dryRun === 'true' });
    if (result.status === 'refused') {
      throw fieldProblem(result.pointer, result.message);
    }
    return { status: result.status, ...answerOf(result.version) };
  }

  @Post('versions/:n/activate')
  @HttpCode(200)
  @RequireScope('rules:write')
  @Documented({
    summary: 'Put a version in force, now or from a later instant on', answers: { 200: activatedAnswer },
    problems: ['ruleVersionNotFound', 'ruleActivationRefused'],
  })
  async activate(
    @Param('n', validated(versionNumber)) version: number, @Body(validated(activateBody)) body: z.output<typeof activateBody>,
    @Caller() who: Caller,
  ): Promise<ShownVersion> {
    const from = body?.from === undefined ? undefined : Date.parse(body.from);
    const result = await this.register.activate(who.tenant, version, from);
    if (result.status === 'activated') return answerOf(result.version);
    if (result.reason === 'notFound') throw new Problem('ruleVersionNotFound', { version });
    const errors = [result.reason === 'doesNotFitProgramme' ? { pointer: result.pointer, message: result.message }
      : { pointer: result.reason === 'alreadyActivated' ? '/path/n' : '/from', message: activationFaults[result.reason] }];
    throw new Problem('ruleActivationRefused', { version, reason: result.reason, errors });
  }
}

const instantText = (milliseconds: number | null): string | null => (milliseconds === null ? null : new Date(milliseconds).toISOString());

/** The activated version that began last by now, else the default programme, which is the first of the list. */
function inForceOf(versions: readonly RegisteredVersion[], now: number): number {
  const begun = versions.filter(({ validFrom }) => validFrom !== null && validFrom <= now);
  const [newest] = begun.sort((left, right) => (right.validFrom ?? 0) - (left.validFrom ?? 0));
  return (newest ?? versions[0])?.version ?? 1;
}

const answerOf = (version: RegisteredVersion): ShownVersion => ({
  version: version.version, sha: version.sha, appliedAt: instantText(version.appliedAt), validFrom: instantText(version.validFrom),
  programme: version.programme, rules: version.rules,
});

/** The text of a body handed over unread; nothing beyond the limit is kept. */
async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > RULE_FILE_CHARS_MAX) throw fieldProblem('', `longer than ${RULE_FILE_CHARS_MAX} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
