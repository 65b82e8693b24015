import type { Socket } from 'node:net';
import pg from 'pg';
import type { Fuse } from './crash-points.ts';

/** A statement that changes something, beside the functions of the event store, which have points of their own. */
const WRITES = /\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO|COPY)\b/i;

interface Statement { readonly name?: string; readonly text: string }
interface Bound { readonly statement?: string }
interface Message { readonly text?: string; readonly status?: string }

/** What node-postgres' connections do, as far as it is looked at: statements go out, messages come in. */
interface Wire {
  readonly stream: Socket;
  query(text: string): void;
  parse(statement: Statement): void;
  bind(bound: Bound): void;
  emit(name: string, message?: Message): boolean;
}

/** What is known of one connection. */
class Talk {
  readonly texts = new Map<string, string>();
  /** The transaction, or the statement outside of one, wrote. */
  wrote = false;

  asked(text: string): void { this.wrote ||= WRITES.test(text); }

  /** True when PostgreSQL says that what was written is committed; only then is the client told. */
  committed(name: string, message: Message | undefined): boolean {
    if (name === 'errorMessage' || message?.text === 'ROLLBACK') this.wrote = false;
    if (name !== 'readyForQuery' || message?.status !== 'I') return false;
    const { wrote } = this;
    this.wrote = false;
    return wrote;
  }
}

/**
 * Watches every connection of this process to PostgreSQL for `after-commit` and `mid-copy`: whoever opened it, and whichever library
 * asks. For crash tests only; it stays until the process ends. `wire` is node-postgres' own unless a test brings another.
 */
export function watchWire(fuse: Fuse, wire: Wire = pg.Connection.prototype as unknown as Wire): void {
  const talks = new WeakMap<Wire, Talk>();
  const of = (connection: Wire): Talk => {
    const known = talks.get(connection) ?? new Talk();
    talks.set(connection, known);
    return known;
  };
  const { query, parse, bind, emit } = wire;
  wire.query = function asked(text) {
    of(this).asked(text);
    query.call(this, text);
  };
  wire.parse = function prepared(statement) {
    of(this).texts.set(statement.name ?? '', statement.text);
    parse.call(this, statement);
  };
  wire.bind = function bound(values) {
    const talk = of(this);
    talk.asked(talk.texts.get(values.statement ?? '') ?? '');
    bind.call(this, values);
  };
  wire.emit = function told(name, message) {
    if (of(this).committed(name, message)) fuse.at('after-commit');
    if (name === 'copyInResponse' && fuse.due('mid-copy')) tearCopy(this.stream, fuse);
    return emit.call(this, name, message);
  };
}

/** Lets half of the next bytes of a COPY go to the server, and nothing after them. */
function tearCopy(socket: Socket, { die }: Fuse): void {
  const write = socket.write.bind(socket);
  let head = true;
  socket.write = ((bytes: Buffer): boolean => {
    if (head) {
      head = false;
      return write(bytes);
    }
    socket.write = () => true;
    return write(bytes.subarray(0, bytes.length >> 1), die);
  }) as Socket['write'];
}
