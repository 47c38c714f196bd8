package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One pass after another uses the same memory, while it is held. */
@Tag("engine")
final class HeadMemoryTest {
  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
  private final HeadMemory memory = new HeadMemory();

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void take_afterGivenBack_sameMemory() {
    memory.hold(manager);
    NDArray first = take(4, 32);
    memory.giveBack(first);

    assertThat(take(3, 32)).isSameAs(first);
    assertThat(first.getShape()).isEqualTo(new Shape(4, 32));
  }

  @Test
  void take_moreRowsOrOtherColumns_newMemory() {
    memory.hold(manager);
    NDArray first = take(4, 32);
    memory.giveBack(first);
    NDArray second = take(5, 32);
    memory.giveBack(second);
    NDArray third = take(5, 64);

    assertThat(second.getShape()).isEqualTo(new Shape(5, 32));
    assertThat(third.getShape()).isEqualTo(new Shape(5, 64));
    assertFreed(first);
    assertFreed(second);
  }

  /** As the two passes of an objective with alternatives do, whose shapes may differ. */
  @Test
  void giveBack_two_largerOneIsKept() {
    memory.hold(manager);
    NDArray small = take(4, 32);
    NDArray large = take(6, 32);
    NDArray medium = take(5, 32);
    memory.giveBack(small);
    memory.giveBack(large);
    memory.giveBack(medium);

    assertFreed(small);
    assertFreed(medium);
    assertThat(take(6, 32)).isSameAs(large);
  }

  @Test
  void giveBack_notHeld_freed() {
    NDArray first = take(4, 32);
    memory.giveBack(first);
    assertFreed(first);
  }

  @Test
  void release_freesWhatWaitsAndWhatComesLater() {
    memory.hold(manager);
    NDArray waiting = take(4, 32);
    memory.giveBack(waiting);
    NDArray later = take(5, 32);
    memory.giveBack(later);
    NDArray out = take(5, 32);
    assertThat(out).isSameAs(later);
    memory.release();
    memory.giveBack(out);

    assertFreed(waiting);
    assertFreed(out);
  }

  /** A pass that is never sent backward is closed with its batch. */
  @Test
  void take_neverGivenBack_freedWithItsUser() {
    memory.hold(manager);
    memory.giveBack(take(4, 32));
    NDArray taken;
    try (NDManager pass = manager.newSubManager()) {
      taken = memory.take(pass, 4, 32);
    }
    assertFreed(taken);
    assertThat(take(4, 32).getShape()).isEqualTo(new Shape(4, 32));
  }

  private NDArray take(long rows, long columns) {
    return memory.take(manager, rows, columns);
  }

  private static void assertFreed(NDArray array) {
    assertThatThrownBy(array::toByteBuffer).isInstanceOf(IllegalStateException.class);
  }
}
