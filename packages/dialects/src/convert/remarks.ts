// What a conversion has to say of what it could not carry over whole.

/** Collects what has to be said. */
export class Remarks {
  readonly impossible: string[] = []
  readonly differences: string[] = []
  cannot(sentence: string): void {
    if (!this.impossible.includes(sentence)) this.impossible.push(sentence)
  }
  differs(sentence: string): void {
    if (!this.differences.includes(sentence)) this.differences.push(sentence)
  }
}
