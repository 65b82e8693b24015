import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Store } from '../store.ts';
import { csvField, csvFields } from './csv-row.ts';
import { EmptyFile, type FileItem, WrongColumns } from './format.ts';
import { failureText } from './import-failure.ts';
import { OnlineRetailReader, OPEN_INVOICES_MAX, storeIdOf } from './online-retail.ts';
import { columnsOf, minorUnits } from './online-retail-row.ts';
import { BrokenFile, readLines } from './read-lines.ts';

const HEADING = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
const UK: Store = { storeId: 'united-kingdom', name: 'UK', zone: 'Europe/London', currency: 'GBP', country: 'United Kingdom' };
const row = (change: Partial<Record<string, string>> = {}): string => {
  const values = {
    InvoiceNo: '536365', StockCode: '85123A', Description: 'HEART', Quantity: '6', InvoiceDate: '2010-12-01 08:26:00', UnitPrice: '2.55',
    CustomerID: '17850', Country: 'United Kingdom', ...change,
  };
  return Object.values(values).join(',');
};

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

/** Everything a file holds, and what ended it early. */
async function read(bytes: Buffer, size = 7): Promise<{ items: readonly FileItem[]; broken: BrokenFile | undefined }> {
  const reader = new OnlineRetailReader();
  try {
    for await (const lines of readLines(chunks(bytes, size))) for (const line of lines) reader.line(line);
    reader.end(true);
    return { items: reader.take(), broken: undefined };
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error;
    reader.end(false);
    return { items: reader.take(), broken: error };
  }
}
const file = (...rows: readonly string[]): Buffer => Buffer.from(`${[HEADING, ...rows].join('\n')}\n`);
const tickets = (items: readonly FileItem[]) => items.flatMap((item) => (item.kind === 'ticket' ? item.ticket : []));
const rejects = (items: readonly FileItem[]) => items.flatMap((item) => (item.kind === 'reject' ? item.faults : []));

describe('reading the Online Retail log', () => {
  it('given the rows of an invoice, then they are one ticket with the first stamp, on the clock of the store', async () => {
    const { items } = await read(file(row(), row({ StockCode: '71053', UnitPrice: '3.395', InvoiceDate: '2010-12-01 08:27:00' }), row()));
    expect(tickets(items).map((ticket) => ticket.ticketFor(UK))).toEqual([{
      type: 'sale', storeId: 'united-kingdom', workstationId: '1', businessDay: '2010-12-01', sequence: '536365',
      occurredAt: '2010-12-01T08:26:00+00:00',
      currency: 'GBP', identification: { kind: 'card', value: '17850' },
      lines: [
        { line: 1, sku: '85123A', description: 'HEART', quantity: 6, unitPrice: '2.55', amount: 1_530 },
        { line: 2, sku: '71053', description: 'HEART', quantity: 6, unitPrice: '3.395', amount: 2_037 },
        { line: 3, sku: '85123A', description: 'HEART', quantity: 6, unitPrice: '2.55', amount: 1_530 },
      ],
    }]);
  });

  it('given two invoices that are interleaved, then each is whole; beyond the window the rest is a second ticket of the same key', async () => {
    const other = (n: number): string => row({ InvoiceNo: String(600_000 + n) });
    const interleaved = await read(file(row(), other(1), row(), other(1)));
    expect(tickets(interleaved.items).map(({ rows }) => rows)).toEqual([[2, 4], [3, 5]]);
    const far = await read(file(row(), ...Array.from({ length: OPEN_INVOICES_MAX }, (_, n) => other(n)), row()));
    expect(tickets(far.items).map(({ rows }) => rows).filter((rows) => rows.includes(2))).toEqual([[2]]);
    const near = await read(file(row(), ...Array.from({ length: OPEN_INVOICES_MAX - 1 }, (_, n) => other(n)), row()));
    expect(tickets(near.items)[0]?.rows).toEqual([2, OPEN_INVOICES_MAX + 2]);
  });

  it('given a C invoice, then it is a return without original, its quantities made positive, and without a customer it has no card', async () => {
    const { items } = await read(file(row({ InvoiceNo: 'C536379', Quantity: '-2', CustomerID: '' })));
    const [ticket] = tickets(items).map((one) => one.ticketFor(UK));
    expect(ticket).toMatchObject({ type: 'return', sequence: 'C536379', lines: [{ quantity: 2, amount: 510 }] });
    expect(ticket?.original).toBeUndefined();
    expect(ticket?.identification).toBeUndefined();
  });

  it('given a price of 0, then the line is kept with an amount of 0', async () => {
    const { items } = await read(file(row({ UnitPrice: '0' })));
    expect(tickets(items)[0]?.ticketFor(UK).lines).toMatchObject([{ amount: 0, unitPrice: '0' }]);
  });

  const bad: readonly (readonly [change: Partial<Record<string, string>>, field: string, code: string])[] = [
    [{ InvoiceNo: 'A563185' }, 'InvoiceNo', 'badDebtAdjustment'],
    [{ InvoiceNo: 'B1' }, 'InvoiceNo', 'malformedInvoiceNo'],
    [{ InvoiceNo: '' }, 'InvoiceNo', 'malformedInvoiceNo'],
    [{ StockCode: ' ' }, 'StockCode', 'malformedStockCode'],
    [{ StockCode: 'x'.repeat(61) }, 'StockCode', 'malformedStockCode'],
    [{ Quantity: '0' }, 'Quantity', 'quantityNotPositive'],
    [{ Quantity: '-6' }, 'Quantity', 'quantityNotPositive'],
    [{ Quantity: '1.5' }, 'Quantity', 'quantityNotAnInteger'],
    [{ Quantity: '999999999' }, 'Quantity', 'quantityNotAnInteger'],
    [{ InvoiceNo: 'C1', Quantity: '6' }, 'Quantity', 'quantityNotNegative'],
    [{ InvoiceDate: '2010-02-30 08:26:00' }, 'InvoiceDate', 'noSuchDay'],
    [{ InvoiceDate: '2010-13-01 08:26:00' }, 'InvoiceDate', 'noSuchDay'],
    [{ InvoiceDate: '2010-12-01 24:00:00' }, 'InvoiceDate', 'malformedDate'],
    [{ InvoiceDate: '01/12/2010 08:26' }, 'InvoiceDate', 'malformedDate'],
    [{ UnitPrice: '-1.00' }, 'UnitPrice', 'negativePrice'],
    [{ UnitPrice: '1e3' }, 'UnitPrice', 'malformedPrice'],
    [{ UnitPrice: '1.1234567' }, 'UnitPrice', 'malformedPrice'],
    [{ CustomerID: 'x y' }, 'CustomerID', 'malformedCustomer'],
    [{ Country: ' ' }, 'Country', 'missingCountry'],
    [{ Description: 'x'.repeat(201) }, 'Description', 'overlongField'],
  ];
  for (const [change, field, code] of bad) {
    it(`given ${JSON.stringify(change).slice(0, 60)}, then the row is rejected as ${code} of ${field} and the others are read`, async () => {
      const { items } = await read(file(row(), row(change), row()));
      expect(rejects(items)).toMatchObject([{ row: 3, field, code }]);
      expect(tickets(items).map(({ rows }) => rows)).toEqual([[2, 4]]);
    });
  }

  it('given a row that is wrong in every column, then each is told, in the order of the format', async () => {
    const { items } = await read(file(row({
      InvoiceNo: 'X1', StockCode: ' ', Description: 'x'.repeat(201), Quantity: 'six', InvoiceDate: 'today', UnitPrice: 'free', CustomerID: 'x y', Country: '',
    })));
    expect(items).toHaveLength(1);
    expect(rejects(items).map(({ field, code }) => [field, code])).toEqual([
      ['InvoiceNo', 'malformedInvoiceNo'], ['StockCode', 'malformedStockCode'], ['Description', 'overlongField'], ['Quantity', 'quantityNotAnInteger'],
      ['InvoiceDate', 'malformedDate'], ['UnitPrice', 'malformedPrice'], ['CustomerID', 'malformedCustomer'], ['Country', 'missingCountry'],
    ]);
  });

  for (const [line, code] of [
    ['536365,85123A', 'tooFewColumns'], [`${row()},more`, 'tooManyColumns'], ['"536365,85123A', 'malformedQuoting'],
    [row({ Description: 'a"b' }), 'malformedQuoting'], [row({ Description: '"a"b' }), 'malformedQuoting'], [
      `${row()}${'x'.repeat(4_194_304)}`, 'overlongRow',
    ]] as const) {
    it(`given the row ${line.slice(0, 40)}, then it alone is rejected as ${code}`, async () => {
      const { items } = await read(file(row(), line, row()), 1_000_000);
      expect(rejects(items)).toMatchObject([{ row: 3, field: '', code }]);
      expect(tickets(items).map(({ rows }) => rows)).toEqual([[2, 4]]);
    });
  }

  it('given rows of one invoice with another country or customer, then they are rejected', async () => {
    const { items } = await read(file(row(), row({ Country: 'Spain' }), row({ CustomerID: '1' })));
    expect(rejects(items)).toMatchObject([{ row: 3, field: 'Country', code: 'differsWithinInvoice' }, { row: 4, field: 'CustomerID' }]);
  });

  it('given another heading, then it says which columns are missing and which nobody expects; the order is free', async () => {
    await expect(read(Buffer.from('Invoice,StockCode\n1,2\n'))).rejects.toThrow(
      'missing columns: InvoiceNo, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country; unexpected columns: Invoice');
    await expect(read(Buffer.from('\n1,2\n'))).rejects.toThrow(WrongColumns);
    await expect(read(Buffer.alloc(0))).rejects.toThrow(EmptyFile);
    const turned = Buffer.from(`\uFEFF"Country","CustomerID",UnitPrice,InvoiceDate,Quantity,Description,StockCode,InvoiceNo\r\n`
      + `"United Kingdom",17850,2.55,2010-12-01 08:26:00,6,"HEART, ""RED""",85123A,536365\r\n`);
    const { items } = await read(turned);
    expect(tickets(items)[0]?.ticketFor(UK).lines).toMatchObject([{ sku: '85123A', description: 'HEART, "RED"', amount: 1_530 }]);
    expect(columnsOf(HEADING)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  const binary = { UTF16: Buffer.from(`\uFEFF${HEADING}\n`, 'utf16le'), bytes: Buffer.from([7, 200, 31, 10, 1]), commands: Buffer.from('\u001B[31mred\n') };
  for (const [what, bytes] of Object.entries(binary)) {
    it(`given ${what} instead of text, plain or in gzip, then it says so and shows none of it`, async () => {
      for (const given of [bytes, gzipSync(bytes)]) {
        expect(await read(given)).toMatchObject({ items: [], broken: { code: 'notText' } });
      }
    });
  }

  it('given gzip that breaks before its first line, then it is told as that', async () => {
    expect(await read(gzipSync(file(row())).subarray(0, 12))).toMatchObject({ items: [], broken: { code: 'truncatedGzip' } });
  });

  it('given names of columns that are long, many, empty or turn the writing round, then the sentence shows five of them, harmless', () => {
    const failureOf = (heading: string) => {
      try { columnsOf(heading); } catch (error) { return error as WrongColumns; }
      throw new Error('was accepted');
    };
    const said = (heading: string) => {
      const { missing, unexpected } = failureOf(heading);
      return [failureText({ code: 'wrongColumns', missing, unexpected, atRow: 0 }, 'es'), failureText({ code: 'wrongColumns', missing, unexpected, atRow: 0 }, 'en')];
    };
    expect(said(`${HEADING},`)).toEqual([
      'La primera fila no nombra las columnas de este formato (sobran: «sin nombre»).',
      'The first row does not name the columns of this format (not expected: “no name”).',
    ]);
    const [five, six] = [5, 6].map((n) => said(`${HEADING},${Array.from({ length: n }, (_, at) => `x${at}`).join(',')}`)[1]);
    expect(five).toMatch(/\(not expected: x0, x1, x2, x3, x4\)/);
    expect(six).toMatch(/x4 and 1 more\)/);
    expect(failureOf(`${HEADING},${'y'.repeat(41)},\u202Eabc`).unexpected).toEqual(['y'.repeat(40), '\uFFFDabc']);
    expect(said('')[0]).not.toMatch(/sobran/);
  });

  it('given a file cut into pieces anywhere, plain or gzip, then the same is read', async () => {
    const plain = file(row({ Description: 'CAFÉ' }), row({ InvoiceNo: '2' }), row({ Quantity: 'x' }));
    for (const bytes of [plain, gzipSync(plain), Buffer.concat([gzipSync(plain.subarray(0, 50)), gzipSync(plain.subarray(50))])]) {
      for (const size of [1, 2, 3, 1_000]) {
        const { items, broken } = await read(bytes, size);
        expect([broken, tickets(items).length, rejects(items).length, tickets(items)[0]?.ticketFor(UK).lines[0]?.description])
          .toEqual([undefined, 2, 1, 'CAFÉ']);
      }
    }
  });

  it('given a gzip that is cut off or corrupt, then what came before is read, open invoices are not taken, and it says where it broke', async () => {
    const rows = Array.from({ length: 2_000 }, (_, n) => row({ InvoiceNo: String(1_000 + n), Description: String(n * 7_919 % 10_007) }));
    const bytes = gzipSync(file(...rows));
    const cut = await read(bytes.subarray(0, bytes.length >> 1), 500);
    expect(cut.broken).toMatchObject({ code: 'truncatedGzip', atByte: bytes.length >> 1 });
    expect(tickets(cut.items).length).toBeGreaterThan(500);
    expect(new Set(rejects(cut.items).map(({ code }) => code))).toEqual(new Set(['incompleteAtBreak']));
    expect(rejects(cut.items)).toHaveLength(OPEN_INVOICES_MAX);
    const corrupt = Buffer.from(bytes);
    corrupt.writeUInt32LE(0, bytes.length - 8); // the check sum
    const checked = await read(corrupt, 500);
    expect(checked.broken?.code).toBe('corruptGzip');
    expect(tickets(checked.items).length).toBeGreaterThan(1_800);
  });

  it('given prices in decimals, then the amount is rounded half up to the penny, exactly', () => {
    for (const [quantity, price, amount] of [[1, '0.005', 1], [1, '0.0049', 0], [3, '0.335', 101], [80_995, '2.08', 16_846_960], 
      [99_999_999, '99999999.99', 999_999_989_900_000_000],
      [2, '0', 0], [7, '1.1', 770], [1, '12', 1_200]] as const) expect(minorUnits(quantity, price, 2)).toBe(amount);
    expect([0, 3].map((exponent) => minorUnits(3, '1.5', exponent))).toEqual([5, 4_500]);
  });

  it('given a country, then its store id is a name', () => {
    expect(
      ['United Kingdom', 'EIRE', ' Channel Islands ', 'Côte d’Ivoire'].map(storeIdOf),
    ).toEqual(['united-kingdom', 'eire', 'channel-islands', 'c-te-d-ivoire']);
  });

  it('given any fields, when they are written and read, then they are the same, unless a spreadsheet would take them for a formula', () => {
    const text = fc.string().filter((value) => !/[\r\n]/.test(value) && !/^[=+\-@\t]/.test(value));
    fc.assert(fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (fields) => {
      expect(csvFields(fields.map(csvField).join(','))).toEqual(fields);
    }));
    expect(csvField('=1+1')).toBe(`'=1+1`);
  });
});
