import { Problem } from "#kernel";
import { callerGone, type Exchange } from "./exchange.ts";

/**
 * Answers 503 when the deadline passes. The route is told by its signal, which also cancels the statements that it reads with;
 * what it still does ends by itself and its answer is dropped.
 * Problems (rejects): `gateway.deadline`, `gateway.given-up`.
 */
export function orDeadline(
  answering: Promise<Response>,
  { abort }: Pick<Exchange, "abort">,
  timeoutMs: number,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new Problem("unavailable", "gateway.deadline", {
          message: `The request took longer than ${timeoutMs / 1_000} s.`,
          retryAfterS: 1,
        }),
      );
      abort.abort(new DOMException("the request took too long", "TimeoutError"));
    }, timeoutMs);
    const gone = (): void => {
      clearTimeout(timer);
      reject(callerGone());
    };
    abort.signal.addEventListener("abort", gone, { once: true });
    answering.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      abort.signal.removeEventListener("abort", gone);
    });
  });
}
