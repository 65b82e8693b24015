import {
  type BeforeApplicationShutdown, type DynamicModule, Inject, Injectable, Module, type OnApplicationBootstrap,
} from '@nestjs/common';
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

/** The relay lives as long as the application. */
@Injectable()
class RelayLifetime implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(MemberRelay) private readonly relay: MemberRelay) {}

  onApplicationBootstrap(): void {
    this.relay.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.relay.stop();
  }
}

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
  const changed = (): void => relay.wake();
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
      RelayLifetime,
    ],
    exports: [MemberRelay],
  };
}
