/** SQL: whether the server of a column is dead. The subquery of living servers runs once, for any number of rows. */
export const isDead = (column: string): string => `${column} <> ALL (ARRAY(SELECT id FROM living))`
