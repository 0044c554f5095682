interface Gap {
  first: number;
  last: number;
}

/** Gaps that can still close; older ones stay lost for ever. */
const MAX_GAPS = 4096;

/**
 * Counts the packets of one node that are missing. A node numbers its packets without a gap, through power failures,
 * so a number left out is a packet lost, until it arrives late.
 */
export class SequenceTracker {
  #first = 0;
  #last = -1;
  /** The node's boot counter, as far as known. */
  #boot = 0;
  /** In ascending order. */
  #gaps: Gap[] = [];
  #missing = 0;
  /** Missing in gaps that are no longer tracked. */
  #given = 0;

  get lost(): number {
    return this.#missing + this.#given;
  }

  /**
   * Notes that the node has booted. A boot counter that falls: the node's memory was erased, and it numbers its packets
   * from the start again.
   */
  booted(boot: number): void {
    if (boot < this.#boot) {
      this.#given += this.#missing;
      this.#missing = 0;
      this.#gaps = [];
      this.#last = -1;
    }
    this.#boot = boot;
  }

  /** Notes that packet `seq`, formed in `boot`, is here, be it for the first time or again. */
  note(boot: number, seq: number): void {
    this.#boot = Math.max(this.#boot, boot);
    if (this.#last < 0) {
      this.#first = seq;
      this.#last = seq;
    } else if (seq > this.#last) {
      if (seq > this.#last + 1) this.#open(this.#last + 1, seq - 1);
      this.#last = seq;
    } else if (seq < this.#first) {
      if (seq < this.#first - 1) this.#openBefore(seq + 1, this.#first - 1);
      this.#first = seq;
    } else {
      this.#close(seq);
    }
  }

  #open(first: number, last: number): void {
    this.#gaps.push({ first, last });
    this.#missing += last - first + 1;
    if (this.#gaps.length > MAX_GAPS) this.#give(this.#gaps.shift()!);
  }

  #openBefore(first: number, last: number): void {
    this.#missing += last - first + 1;
    if (this.#gaps.length < MAX_GAPS) this.#gaps.unshift({ first, last });
    else this.#give({ first, last });
  }

  #give({ first, last }: Gap): void {
    this.#missing -= last - first + 1;
    this.#given += last - first + 1;
  }

  #close(seq: number): void {
    const at = this.#gaps.findIndex(({ first, last }) => first <= seq && seq <= last);
    if (at < 0) return;
    const { first, last } = this.#gaps[at]!;
    const rest = [
      { first, last: seq - 1 },
      { first: seq + 1, last },
    ].filter((gap) => gap.first <= gap.last);
    this.#gaps.splice(at, 1, ...rest);
    this.#missing--;
  }
}
