package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What reading and writing tensors does not show; see also {@code StoredTensorTest}. */
@Tag("engine")
final class MappedFileTest {
  private static final int FLOAT32 = 6;

  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    file = Files.write(folder.resolve("m"), bytes.putFloat(1).putFloat(2).putFloat(3).array());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void read_convertsToTheTypeAskedFor() {
    try (MappedFile mapped = new MappedFile(file)) {
      NDArray array = mapped.read(manager, floats(1, 2), DataType.INT64);

      assertThat(array.getDataType()).isEqualTo(DataType.INT64);
      assertThat(array.toLongArray()).containsExactly(2, 3);
    }
  }

  @Test
  void view_onAnotherThread() {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try {
      float[] values =
          CompletableFuture.supplyAsync(
                  () -> {
                    NDArray array = view(0, 2);
                    array.addi(1);
                    return array.toFloatArray();
                  },
                  executor)
              .join();
      assertThat(values).containsExactly(2, 3);
    } finally {
      executor.shutdown();
    }
  }

  @Test
  void view_canBeTrained() {
    NDArray array = view(0, 2);
    array.setRequiresGradient(true);

    try (Torch.GradientMode on = Torch.gradientsOn()) {
      Torch.backward(array.mul(array), manager.ones(new Shape(2)));
    }

    assertThat(Values.gradientOf(array)).containsExactly(2, 4);
  }

  /** The second array needs what the first one mapped inside the scope. */
  @Test
  void view_insideAScope() {
    try (MappedFile mapped = new MappedFile(file)) {
      NDArray kept;
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        kept = mapped.view(manager, floats(0, 2), DataType.FLOAT32);
        NDScope.unregister(kept);
      }

      assertThat(kept.toFloatArray()).containsExactly(1, 2);
      assertThat(mapped.view(manager, floats(2, 1), DataType.FLOAT32).toFloatArray())
          .containsExactly(3);
    }
  }

  @Test
  void view_failsWithoutLeavingAnything() {
    try (MappedFile mapped = new MappedFile(file)) {
      assertThatThrownBy(() -> mapped.view(manager, floats(2, 2), DataType.FLOAT32))
          .isInstanceOf(EngineException.class);
      assertThatThrownBy(() -> mapped.read(manager, floats(2, 2), DataType.FLOAT32))
          .isInstanceOf(EngineException.class);
    }

    assertThat(manager.getManagedArrays()).isEmpty();
  }

  @Test
  void claim_overlapping() {
    try (MappedFile mapped = new MappedFile(file)) {
      assertThat(mapped.claim(0, 4)).isTrue();
      assertThat(mapped.claim(4, 8)).isTrue();
      assertThat(mapped.claim(7, 12)).isFalse();
      assertThat(mapped.claim(8, 12)).isFalse();
    }
  }

  private NDArray view(long offset, long count) {
    try (MappedFile mapped = new MappedFile(file)) {
      return mapped.view(manager, floats(offset, count), DataType.FLOAT32);
    }
  }

  private static MappedFile.Elements floats(long offset, long count) {
    return new MappedFile.Elements(FLOAT32, 4, offset, List.of(count), List.of(1L));
  }
}
