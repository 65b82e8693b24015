import { type DynamicModule, Module } from '@nestjs/common';
import { Background, withApplication } from '@trebol/chassis';
import { MemberChanges } from './change-member.ts';
import { ChangeProfileController } from './change-profile/change-profile.controller.ts';
import { ChangeProfile } from './change-profile/change-profile.ts';
import { EnrollMemberController } from './enroll-member/enroll-member.controller.ts';
import { EnrollMember } from './enroll-member/enroll-member.ts';
import { FindMemberController } from './find-member/find-member.controller.ts';
import { FindMember } from './find-member/find-member.ts';
import { LinkIdentifierController } from './link-identifier/link-identifier.controller.ts';
import { LinkIdentifier } from './link-identifier/link-identifier.ts';
import { MergeMembersController } from './merge-members/merge-members.controller.ts';
import { MergeMembers } from './merge-members/merge-members.ts';
import type { EnrollmentParts } from './parts.ts';
import { MemberRelay } from './publish-changes/member-relay.ts';
import { settingsOf } from './settings.ts';

@Module({})
class EnrollmentModule {}

/**
 * Everything enrollment does: enrol, find, change profiles, link identifiers, merge, publish what changed. Explicit wiring: nothing else is
 * registered anywhere.
 */
export function enrollmentModule(parts: EnrollmentParts): DynamicModule {
  const settings = settingsOf(parts);
  const { dataSource } = parts;
  const relay = new MemberRelay(dataSource, parts.bus, parts.clock);
  const changed = (): void => relay.background.wake();
  const changes = new MemberChanges(dataSource, changed);
  return {
    module: EnrollmentModule,
    controllers: [EnrollMemberController, FindMemberController, ChangeProfileController, LinkIdentifierController, MergeMembersController],
    providers: [
      { provide: EnrollMember, useValue: new EnrollMember(settings, dataSource, changed) },
      { provide: FindMember, useValue: new FindMember(settings, dataSource) },
      { provide: ChangeProfile, useValue: new ChangeProfile(settings, dataSource, changes) },
      { provide: LinkIdentifier, useValue: new LinkIdentifier(settings, changes) },
      { provide: MergeMembers, useValue: new MergeMembers(settings, dataSource, changed) },
      { provide: MemberRelay, useValue: relay },
      withApplication(new Background().add('publish member changes', relay.background)),
    ],
    exports: [MemberRelay],
  };
}
