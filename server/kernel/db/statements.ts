import type { QueryResult } from "pg";
import type { TextRow } from "./db.ts";
import { statementName } from "./exchange.ts";
import type { Sql } from "./sql.ts";

/** What all ways to run statements share: how rows are counted and handed out. */
export abstract class Statements {
  abstract readonly inTransaction: boolean;
  protected abstract query(
    text: string,
    values: unknown[],
    name: string | undefined,
  ): Promise<QueryResult>;
  protected abstract exchange(statements: readonly Sql[]): Promise<TextRow[][]>;

  async all<T>(statement: Sql): Promise<T[]> {
    const { text, values } = statement;
    const result = await this.query(text, values, statementName(text));
    return result.rows;
  }

  async maybe<T>(statement: Sql): Promise<T | undefined> {
    const rows = await this.all<T>(statement);
    return rows[0];
  }

  async one<T>(statement: Sql): Promise<T> {
    const rows = await this.all<T>(statement);
    const [row] = rows;
    if (row === undefined || rows.length > 1) {
      throw new Error(
        `a statement for one row gave ${rows.length}: ${statement.text.slice(0, 200)}`,
      );
    }
    return row;
  }

  async run(statement: Sql): Promise<number> {
    const { text, values } = statement;
    const result = await this.query(text, values, statementName(text));
    return result.rowCount ?? 0;
  }

  async text(statement: Sql): Promise<TextRow[]> {
    const [rows] = await this.exchange([statement]);
    return rows ?? [];
  }

  async texts(statements: readonly Sql[]): Promise<TextRow[][]> {
    return this.exchange(statements);
  }

  async script(text: string): Promise<void> {
    await this.query(text, [], undefined);
  }
}
