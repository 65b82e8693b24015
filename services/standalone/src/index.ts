export { type Platform, openPlatform, type PlatformOptions, type VerifyReport } from './platform/open-platform.ts';
