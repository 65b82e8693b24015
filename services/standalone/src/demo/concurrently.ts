/** Runs `work` over all items with at most `width` under way; stops at the first failure and throws it. */
export async function concurrently<Item>(
  items: readonly Item[], width: number, work: (item: Item, index: number) => Promise<void>
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      const item = items[index];
      if (item !== undefined) await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}
