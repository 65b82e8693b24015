import { Body, Controller, Inject, Param, Patch } from '@nestjs/common';
import { Caller, Documented, RequireScope, validated } from '@trebol/chassis';
import { type Profile, profileAnswer } from '../answers.ts';
import { idInPath } from '../request-fields.ts';
import { ChangeProfile } from './change-profile.ts';
import { type ProfileChange, profileChange } from './decide-profile.ts';

@Controller('v1/members')
export class ChangeProfileController {
  constructor(@Inject(ChangeProfile) private readonly changing: ChangeProfile) {}

  @Patch(':id')
  @RequireScope('members:write')
  @Documented({
    summary: 'Change a profile: what is left out stays, null removes', answers: { 200: profileAnswer },
    problems: ['memberNotFound', 'memberNotActive', 'identifierTaken', 'identifierBlocked', 'memberLimitReached'],
  })
  async change(
    @Param('id', validated(idInPath)) id: string, @Body(validated(profileChange)) body: ProfileChange, @Caller() caller: Caller,
  ): Promise<Profile> {
    return this.changing.change(id, body, caller);
  }
}
