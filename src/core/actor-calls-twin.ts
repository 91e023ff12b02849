/** For tests: the rules of `actor-calls.ts` without any cleverness. */

export type What = "waiting" | "ready" | "sent" | "again" | "interrupted" | "over";

/** All calls are looked at each time. */
export class Twin {
  readonly calls: {
    caller: string;
    retries: number;
    what: What;
    isStopped: boolean;
    lacks: boolean;
  }[] = [];
  #at: number | undefined;
  #next: number | undefined;
  #newest = 0;
  #isDead = false;

  add(caller: string, retries: number): void {
    this.calls.push({ caller, retries, what: "waiting", isStopped: false, lacks: false });
  }

  lack(id: number): void {
    this.calls[id - 1]!.lacks = true;
  }

  ready(id: number): void {
    this.#set(id, "ready");
  }

  stop(id: number): void {
    const call = this.calls[id - 1]!;
    if (call.what === "sent" || call.what === "interrupted") call.isStopped = true;
    else if (call.what !== "over") call.what = "over";
    this.#settle();
  }

  finish(id: number): void {
    this.#set(id, "over");
  }

  fails(id: number): void {
    this.#set(id, "over");
  }

  located(life: number): void {
    if (this.#isDead || life <= this.#newest) return;
    this.#newest = life;
    this.#next = life;
    this.#settle();
  }

  lost(life: number): void {
    if (this.#next === life) {
      this.#next = undefined;
      this.#newest = this.#at ?? 0;
    }
    if (this.#at !== life) return;
    this.#at = undefined;
    this.#newest = this.#next ?? 0;
    for (const call of this.calls) {
      if (call.what !== "sent") continue;
      const isRetried = call.retries > 0 && !call.isStopped;
      if (isRetried) call.retries--;
      call.what = isRetried ? "again" : "interrupted";
    }
    this.#settle();
  }

  restarting(): void {
    for (const call of this.calls) if (call.what === "interrupted") call.what = "over";
  }

  died(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#next = undefined;
    for (const call of this.calls) if (call.what !== "sent") call.what = "over";
  }

  endInFlight(): void {
    for (const call of this.calls) if (call.what === "sent") call.what = "over";
  }

  #set(id: number, what: What): void {
    this.calls[id - 1]!.what = what;
    this.#settle();
  }

  #settle(): void {
    if (this.#at === undefined && this.#next !== undefined) {
      this.#at = this.#next;
      this.#next = undefined;
      this.restarting();
      for (const call of this.calls) if (call.what === "again") call.what = "sent";
    }
    for (const [index, call] of this.calls.entries()) {
      if (this.#isDead && ["again", "interrupted"].includes(call.what)) call.what = "over";
      const isFirst = !this.calls.some(({ caller, what }, other) => {
        return other < index && caller === call.caller && (what === "waiting" || what === "ready");
      });
      if (call.what !== "ready" || !isFirst) continue;
      if (this.#isDead) call.what = "over";
      else if (this.#at !== undefined && call.lacks) {
        call.what = "waiting";
        call.lacks = false;
      } else if (this.#at !== undefined) call.what = "sent";
    }
  }
}
