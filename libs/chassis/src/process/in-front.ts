/** The same object with some methods in front; private state stays with the original. */
export function inFront<Target extends Port, Port extends object>(target: Target, methods: Partial<Port>): Target {
  return new Proxy(target, {
    get: (original, name) => {
      if (name in methods) return methods[name as keyof Port];
      const value: unknown = Reflect.get(original, name, original);
      return typeof value === 'function' ? value.bind(original) as unknown : value;
    },
  });
}
