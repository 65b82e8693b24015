import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Caller, Documented, RequireScope, validated } from '@trebol/chassis';
import { type MergeAnswer, mergeAnswer } from '../answers.ts';
import { idInPath } from '../request-fields.ts';
import { MergeMembers, type Merging, merging } from './merge-members.ts';

@Controller('v1/members')
export class MergeMembersController {
  constructor(@Inject(MergeMembers) private readonly merges: MergeMembers) {}

  @Post(':id/merge')
  @HttpCode(202)
  @RequireScope('members:write')
  @Documented({
    summary: 'Merge a member into another, for ever; the points follow within seconds', answers: { 202: mergeAnswer },
    problems: ['memberNotFound', 'memberNotActive', 'mergeChain', 'memberLimitReached'],
  })
  async merge(
    @Param('id', validated(idInPath)) id: string, @Body(validated(merging)) body: Merging, @Caller() caller: Caller,
  ): Promise<MergeAnswer> {
    return this.merges.merge(id, body, caller);
  }
}
