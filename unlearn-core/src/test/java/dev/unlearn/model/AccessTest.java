package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class AccessTest {
  private final Object first = new Object();
  private final Object second = new Object();
  private final Access access = Access.to(List.of(first, second));

  @Test
  void to_sharedPart() {
    Object third = new Object();

    assertThat(Access.to(List.of(second))).isSameAs(access);
    assertThat(Access.to(List.of(third, first))).isSameAs(access);
    assertThat(Access.to(List.of(third))).isSameAs(access);
    assertThat(Access.to(List.of(new Object()))).isNotSameAs(access);
  }

  /** Parts that are equal are not the same memory. */
  @Test
  void to_equalParts() {
    assertThat(Access.to(List.of(List.of(1)))).isNotSameAs(Access.to(List.of(List.of(1))));
  }

  @Test
  void use_oneAtATime() {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Runnable call =
        () -> {
          for (int i = 0; i < 200; i++) {
            try (Access.Turn turn = access.use();
                Access.Turn again = access.use()) {
              most.accumulateAndGet(inside.incrementAndGet(), Math::max);
              inside.decrementAndGet();
            }
          }
        };
    CompletableFuture.allOf(
            CompletableFuture.runAsync(call),
            CompletableFuture.runAsync(call),
            CompletableFuture.runAsync(call))
        .orTimeout(1, TimeUnit.MINUTES)
        .join();
    assertThat(most).hasValue(1);
  }

  @Test
  void change_withinAChange() {
    try (Access.Turn turn = access.change();
        Access.Turn use = access.change()) {
      assertThat(turn).isNotSameAs(use);
    }
  }

  @Test
  void change_withinAUse() {
    try (Access.Turn turn = access.use()) {
      assertThatThrownBy(access::change)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "the model is computing: unlearn, change or close it when the call has returned");
    }
    access.change().close();
  }

  @Test
  void reserve_endsForAllThreads() {
    try (Access.Turn run = access.reserve()) {
      assertThatThrownBy(access::reserve)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("the model is being unlearned: ");
      access.use().close();
      assertThatThrownBy(() -> CompletableFuture.runAsync(this::useOnce).join())
          .hasRootCauseInstanceOf(IllegalStateException.class)
          .hasMessageContaining("the model is being unlearned in another thread: ");
    }
    CompletableFuture.runAsync(this::useOnce).join();
    access.reserve().close();
  }

  private void useOnce() {
    access.use().close();
  }
}
