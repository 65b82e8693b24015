/** This machine cannot run the rig; the message says why. */
export class RigUnavailable extends Error {
  override readonly name = 'RigUnavailable';
}
