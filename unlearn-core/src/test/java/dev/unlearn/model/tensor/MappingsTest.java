package dev.unlearn.model.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.Torch;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class MappingsTest {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final long FILE_BYTES = 256L << 20;
  private static final int TENSORS = 64;

  @TempDir Path folder;

  /** One mapping per tensor, each from the start of the file, would take 32 times the file. */
  @Test
  void addressSpace_isThatOfTheFileOnce() throws IOException {
    assumeTrue(Files.exists(STATUS));
    Path file = Files.createFile(folder.resolve("sparse"));
    try (var channel = new RandomAccessFile(file.toFile(), "rw")) {
      channel.setLength(FILE_BYTES);
    }
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE)) {
      NDArray warm = manager.zeros(new Shape(1));
      assertThat(warm.getFloat()).isZero();
      long before = addressSpace();
      List<NDArray> arrays = new ArrayList<>();
      try (Mappings mappings = new Mappings()) {
        for (int i = 0; i < TENSORS; i++) {
          long bytes = FILE_BYTES / TENSORS;
          StoredTensor tensor =
              StoredTensor.contiguous(
                  "t" + i, file, ElementType.F32, List.of(bytes / 4), i * bytes);
          arrays.add(tensor.toFloat32(manager, mappings));
        }
      }
      assertThat(addressSpace() - before).isBetween(FILE_BYTES, 2 * FILE_BYTES);
      assertThat(arrays).allMatch(array -> array.getFloat(0) == 0);
    }
  }

  /** Else the pages of a whole file would stay resident beside what was made of them. */
  @Test
  void converted_leavesNoMapping() throws IOException {
    Path maps = Path.of("/proc/self/maps");
    assumeTrue(Files.exists(maps));
    Path file = Files.write(folder.resolve("half"), new byte[64]);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
        Mappings mappings = new Mappings()) {
      NDArray half = Tensors.contiguous(file, ElementType.F16, 0, 32).toFloat32(manager, mappings);

      assertThat(half.size()).isEqualTo(32);
      assertThat(Files.readAllLines(maps)).noneMatch(line -> line.contains(file.toString()));
    }
  }

  /** Two parameters read from one place must not change each other. */
  @Test
  void samePlaceTwice_isCopied() throws IOException {
    Path file = Files.write(folder.resolve("m"), Tensors.floats(1, 2));
    StoredTensor tensor = Tensors.contiguous(file, ElementType.F32, 0, 2);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE)) {
      NDArray first;
      NDArray second;
      try (Mappings mappings = new Mappings()) {
        first = tensor.toFloat32(manager, mappings);
        second = tensor.toFloat32(manager, mappings);
      }
      first.addi(1);

      assertThat(first.toFloatArray()).containsExactly(2, 3);
      assertThat(second.toFloatArray()).containsExactly(1, 2);
    }
  }

  private static long addressSpace() throws IOException {
    String size =
        Files.readAllLines(STATUS).stream()
            .filter(line -> line.startsWith("VmSize:"))
            .findFirst()
            .orElseThrow();
    return Long.parseLong(size.replaceAll("[^0-9]", "")) << 10;
  }
}
