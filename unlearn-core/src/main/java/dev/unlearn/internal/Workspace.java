package dev.unlearn.internal;

/** Memory that is used again and again, until it is freed. */
public interface Workspace extends AutoCloseable {
  @Override
  void close();
}
