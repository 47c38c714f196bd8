package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
final class TorchFilesTest {
  private static final int FLOAT32 = 6;

  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);

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
  void map_convertsToTheTypeAskedFor() {
    NDArray array = TorchFiles.map(manager, floats(4, 12), DataType.INT64);

    assertThat(array.getDataType()).isEqualTo(DataType.INT64);
    assertThat(array.toLongArray()).containsExactly(2, 3);
  }

  @Test
  void map_onAnotherThread() {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try {
      float[] values =
          CompletableFuture.supplyAsync(
                  () -> {
                    NDArray array = TorchFiles.map(manager, floats(0, 8), DataType.FLOAT32);
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
  void map_resultOfOperationsCanBeTrained() {
    NDArray array = TorchFiles.map(manager, floats(0, 8), DataType.FLOAT32);
    array.setRequiresGradient(true);

    try (Torch.GradientMode on = Torch.gradientsOn()) {
      Torch.backward(array.mul(array), manager.ones(new Shape(2)));
    }

    assertThat(Values.gradientOf(array)).containsExactly(2, 4);
  }

  @Test
  void map_insideAScope() {
    NDArray kept;
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      kept = TorchFiles.map(manager, floats(0, 8), DataType.FLOAT32);
      NDScope.unregister(kept);
    }

    assertThat(kept.toFloatArray()).containsExactly(1, 2);
  }

  @Test
  void map_failsWithoutLeavingAnything() {
    assertThatThrownBy(() -> TorchFiles.map(manager, floats(8, 16), DataType.FLOAT32))
        .isInstanceOf(EngineException.class);
    assertThatThrownBy(() -> TorchFiles.bytes(manager, floats(7, 15)))
        .isInstanceOf(EngineException.class);

    assertThat(manager.getManagedArrays()).isEmpty();
  }

  @Test
  void bytes_ofTurnedElements() {
    TorchFiles.Elements everySecond =
        new TorchFiles.Elements(file, 0, 12, 4, FLOAT32, List.of(2L), List.of(2L));

    NDArray bytes = TorchFiles.bytes(manager, everySecond);

    assertThat(bytes.getDataType()).isEqualTo(DataType.UINT8);
    assertThat(bytes.toByteArray()).containsExactly(0, 0, 0x80, 0x3f, 0, 0, 0x40, 0x40);
  }

  private TorchFiles.Elements floats(long begin, long end) {
    return new TorchFiles.Elements(
        file, begin, end, 4, FLOAT32, List.of((end - begin) / 4), List.of(1L));
  }
}
