package dev.unlearn.eval.task;

import static java.util.Objects.requireNonNull;

/**
 * A question to a model: how likely it is that a text goes on in a certain way.
 *
 * @param context the text; may be empty
 * @param continuation how it goes on, with the space that divides it from the context
 */
public record Request(String context, String continuation) {

  /** Checks that nothing is null. */
  public Request {
    requireNonNull(context, "context");
    requireNonNull(continuation, "continuation");
  }

  /** Shows sizes only. */
  @Override
  public String toString() {
    return "Request[context=%d, continuation=%d]"
        .formatted(context.length(), continuation.length());
  }
}
