package dev.unlearn.internal;

import ai.djl.ndarray.NDScope;

/** Scopes that close the handles of arrays made in them. */
public final class Scopes {
  private Scopes() {}

  /** Opens a scope; what shall outlive it is taken out by {@link NDScope#unregister}. */
  public static NDScope open() {
    NDScope scope = new NDScope();
    scope.suppressNotUsedWarning();
    return scope;
  }
}
