export { enrollmentModule } from './app.module.ts';
export { enrollmentDatabase } from './database.ts';
export { externalIdsOf } from './find-member/external-ids.ts';
export type { EnrollmentParts } from './parts.ts';
export { MemberRelay } from './publish-changes/member-relay.ts';
