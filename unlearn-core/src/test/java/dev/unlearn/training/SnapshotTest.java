package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.TinyModel;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("engine")
final class SnapshotTest {
  @TempDir Path folder;
  private TrainableCausalLm model;
  private String before;

  @BeforeEach
  void create() {
    model = TinyModel.gptNeo(1);
    before = WeightsDigest.of(model);
  }

  @AfterEach
  void close() {
    model.close();
  }

  private enum Place {
    MEMORY,
    DISK;

    Snapshot take(TrainableCausalLm model) {
      return this == MEMORY ? new Snapshot(model) : Snapshot.onDisk(model);
    }
  }

  @ParameterizedTest
  @EnumSource
  void restore_bitForBit(Place place) {
    try (Snapshot snapshot = place.take(model)) {
      assertThat(train()).isNotEqualTo(before);
      snapshot.restore();
      assertThat(WeightsDigest.of(model)).isEqualTo(before);
      assertThat(train()).isNotEqualTo(before);
      snapshot.restore();
      assertThat(WeightsDigest.of(model)).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @EnumSource
  void swap_thereAndBack(Place place) {
    try (Snapshot snapshot = place.take(model)) {
      String after = train();
      snapshot.swap();
      assertThat(WeightsDigest.of(model)).isEqualTo(before);
      snapshot.swap();
      assertThat(WeightsDigest.of(model)).isEqualTo(after);
      snapshot.restore();
      assertThat(WeightsDigest.of(model)).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @EnumSource
  void restore_whileSwapped(Place place) {
    try (Snapshot snapshot = place.take(model)) {
      String after = train();
      snapshot.swap();
      snapshot.restore();
      assertThat(WeightsDigest.of(model)).isEqualTo(before).isNotEqualTo(after);
    }
  }

  @ParameterizedTest
  @EnumSource
  void values_originalOnes(Place place) {
    try (Snapshot snapshot = place.take(model)) {
      String after = train();
      assertThat(WeightsDigest.of(snapshot.values())).isEqualTo(before);
      snapshot.swap();
      assertThatThrownBy(snapshot::values).isInstanceOf(IllegalStateException.class);
      snapshot.swap();
      assertThat(WeightsDigest.of(snapshot.values())).isEqualTo(before).isNotEqualTo(after);
    }
  }

  @ParameterizedTest
  @EnumSource
  void renew_laterWeights(Place place) {
    try (Snapshot snapshot = place.take(model)) {
      String after = train();
      snapshot.renew();
      assertThat(train()).isNotEqualTo(after);
      snapshot.restore();
      assertThat(WeightsDigest.of(model)).isEqualTo(after);
    }
  }

  @Test
  void extrapolate_sameBitsFromBothPlaces() {
    String fromMemory;
    try (Snapshot snapshot = new Snapshot(model)) {
      train();
      snapshot.extrapolate(-0.7);
      fromMemory = WeightsDigest.of(model);
      snapshot.restore();
    }
    try (Snapshot snapshot = Snapshot.onDisk(model, folder)) {
      train();
      snapshot.extrapolate(-0.7);
      assertThat(WeightsDigest.of(model)).isEqualTo(fromMemory);
    }
  }

  @Test
  void onDisk_leavesNoFile() throws IOException {
    Files.writeString(folder.resolve(Snapshot.FILE), "torn");
    try (Snapshot snapshot = Snapshot.onDisk(model, folder)) {
      assertThat(folder).isEmptyDirectory();
      train();
      snapshot.restore();
    }
    assertThat(folder).isEmptyDirectory();
    assertThat(WeightsDigest.of(model)).isEqualTo(before);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void onDisk_mappedUntilClosed() throws IOException {
    try (Snapshot snapshot = Snapshot.onDisk(model, folder)) {
      assertThat(mappings()).isPositive();
      snapshot.swap();
      snapshot.swap();
    }
    assertThat(mappings()).isZero();
  }

  private static long mappings() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/maps")).stream()
        .filter(line -> line.contains(Snapshot.FILE))
        .count();
  }

  @Test
  void onDisk_temporaryFolderIsGone() throws IOException {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    long count = snapshots(temporary);
    try (Snapshot snapshot = Snapshot.onDisk(model)) {
      assertThat(snapshots(temporary)).isEqualTo(count);
      snapshot.restore();
    }
  }

  @Test
  void onDisk_folderCannotBeWritten() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    int arrays = model.manager().getManagedArrays().size();
    assertThatThrownBy(() -> Snapshot.onDisk(model, file))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("cannot keep the original weights in " + file.resolve(Snapshot.FILE));
    assertThatThrownBy(() -> Snapshot.onDisk(model, folder.resolve("missing")))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            "cannot keep the original weights in "
                + folder.resolve("missing").resolve(Snapshot.FILE));
    assertThat(model.manager().getManagedArrays()).hasSize(arrays);
    assertThat(WeightsDigest.of(model)).isEqualTo(before);
  }

  @CanIgnoreReturnValue
  private String train() {
    try (Updates updates =
        new Updates(model, Objectives.gradientAscent(), Optimizers.adam(1e-2), 4096)) {
      updates.update(TinyModel.recited().sequences());
    }
    return WeightsDigest.of(model);
  }

  private static long snapshots(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.getFileName().toString().startsWith("unlearn-snapshot")).count();
    }
  }
}
