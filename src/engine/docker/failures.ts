// The reasons why an exchange with the engine has no usable answer.

/** No answer within the deadline. */
export class TimeoutError extends Error {}

/** An invalid answer: cut JSON, another content type, another container's. The outcome of the call is unknown. */
export class UnreadableAnswer extends Error {}

/** The engine answered that it will not or cannot. */
export class Refusal extends Error {
  readonly statusCode: number

  constructor(statusCode: number, text: string) {
    super(text)
    this.statusCode = statusCode
  }
}
