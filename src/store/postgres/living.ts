/** SQL: whether the server of a column is dead. It looks once at those that live, however many rows there are. */
export const isDead = (column: string): string => `${column} <> ALL (ARRAY(SELECT id FROM living))`
