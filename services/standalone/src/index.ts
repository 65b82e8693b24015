export { openPlatform } from './platform/open-platform.ts';
export type { Platform, PlatformOptions, VerifyReport } from './platform/platform.ts';
