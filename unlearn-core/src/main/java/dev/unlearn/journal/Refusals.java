package dev.unlearn.journal;

import dev.unlearn.api.UnlearningException;

/** Why a work directory cannot be gone on with. */
final class Refusals {
  static final String BEGIN_ANEW = "; deleting the folder begins anew";

  private Refusals() {}

  static UnlearningException of(Object what, String rule) {
    return new UnlearningException(message(what, rule));
  }

  static UnlearningException of(Object what, String rule, Throwable cause) {
    return new UnlearningException(message(what, rule), cause);
  }

  private static String message(Object what, String rule) {
    return "%s %s%s".formatted(what, rule, BEGIN_ANEW);
  }
}
