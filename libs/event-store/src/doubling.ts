/** A wait that doubles from the least to the most, in milliseconds, until it is reset. */
export class Doubling {
  private current: number;

  constructor(private readonly least: number, private readonly most: number) {
    this.current = least;
  }

  next(): number {
    const { current } = this;
    this.current = Math.min(current * 2, this.most);
    return current;
  }

  reset(): void {
    this.current = this.least;
  }
}
