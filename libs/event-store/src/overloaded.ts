/** The store takes no more work just now; nothing was written. Try again after a moment (HTTP 503). */
export class StoreOverloaded extends Error {
  override readonly name = 'StoreOverloaded';
}
