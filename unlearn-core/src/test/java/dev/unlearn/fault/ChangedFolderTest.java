package dev.unlearn.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.Described;
import dev.unlearn.RunOptions;
import dev.unlearn.TinyModel;
import dev.unlearn.Unlearner;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A work directory that was changed between two runs, by a disk or by a hand: the second run comes
 * to the end of an undisturbed one or refuses in a sentence; it never comes to another end.
 */
@ExtendWith(FaultCount.class)
final class ChangedFolderTest {
  private static final ForgetSet SET = TinyModel.recited();

  @TempDir private Path temporary;

  private Path kept;
  private String original;
  private String expected;
  private int refused;

  @BeforeEach
  void cutShort() {
    kept = temporary.resolve("kept");
    try (TrainableCausalLm model = TinyModel.reciting()) {
      original = WeightsDigest.of(model);
      ForgetReport whole = unlearner().forget(model, SET);
      assertThat(whole.outcome()).isEqualTo(Outcome.PARTIAL);
      expected = WeightsDigest.of(model);
    }
    AtomicInteger asked = new AtomicInteger();
    try (TrainableCausalLm model = TinyModel.reciting()) {
      RunOptions options =
          RunOptions.builder()
              .workDirectory(kept)
              .cancelWhen(() -> asked.incrementAndGet() > 30)
              .build();
      ForgetReport report = unlearner().forget(model, SET, options);
      assertThat(report.outcome()).isEqualTo(Outcome.CANCELLED);
      assertThat(report.epochCount()).isPositive();
    }
    assertThat(files(kept)).hasSize(4);
  }

  private static Unlearner unlearner() {
    StoppingCriterion never = new Described("never", progress -> Decision.proceed());
    return Unlearner.builder()
        .optimizer(Optimizers.adam(3e-3))
        .onGiveUp(GiveUp.KEEP_BEST)
        .microBatchTokens(24)
        .stopWhen(never.or(StoppingCriteria.maxEpochs(5)))
        .build();
  }

  @Test
  @Tag("engine")
  void forget_damagedFiles() throws Exception {
    damage(1);
  }

  @Test
  @Tag("fault")
  void forget_damagedFilesAgainAndAgain() throws Exception {
    damage(40);
  }

  private void damage(int times) throws Exception {
    Random random = new Random(times);
    for (int time = 0; time < times; time++) {
      for (Path file : files(kept)) {
        for (Damage damage : Damage.values()) {
          Path folder = copy();
          damage.inflict(folder.resolve(file.getFileName()), random);
          assertSameEndOrRefused(folder, damage + " " + file.getFileName());
        }
      }
    }
    assertThat(refused).isPositive();
  }

  /** What can become of a file. */
  private enum Damage {
    CUT_OFF {
      @Override
      void inflict(Path file, Random random) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          FileChannel unused = channel.truncate((long) (random.nextDouble() * channel.size()));
        }
      }
    },
    BIT_FLIPPED {
      @Override
      void inflict(Path file, Random random) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        if (bytes.length > 0) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        Path unused = Files.write(file, bytes);
      }
    },
    OVERWRITTEN {
      @Override
      void inflict(Path file, Random random) throws IOException {
        byte[] noise = new byte[1 + random.nextInt(512)];
        random.nextBytes(noise);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          long place = (long) (random.nextDouble() * channel.size());
          int unused = channel.write(ByteBuffer.wrap(noise), place);
        }
      }
    },
    ZEROS {
      @Override
      void inflict(Path file, Random random) throws IOException {
        int size = Math.toIntExact(Files.size(file));
        Path unused = Files.write(file, new byte[size]);
      }
    },
    APPENDED {
      @Override
      void inflict(Path file, Random random) throws IOException {
        byte[] noise = new byte[1 + random.nextInt(512)];
        random.nextBytes(noise);
        Path unused = Files.write(file, noise, StandardOpenOption.APPEND);
      }
    },
    DELETED {
      @Override
      void inflict(Path file, Random random) throws IOException {
        Files.delete(file);
      }
    },
    A_FOLDER {
      @Override
      void inflict(Path file, Random random) throws IOException {
        Files.delete(file);
        Path unused = Files.createDirectory(file);
      }
    },
    A_LINK {
      @Override
      void inflict(Path file, Random random) throws IOException {
        Path moved = file.resolveSibling("../moved");
        boolean unusedThere = Files.deleteIfExists(moved);
        Path unused = Files.move(file, moved);
        Path unusedLink = Files.createSymbolicLink(file, moved);
      }
    },
    BESIDE_A_TORN_ONE {
      @Override
      void inflict(Path file, Random random) throws IOException {
        byte[] noise = new byte[random.nextInt(512)];
        random.nextBytes(noise);
        Path unused = Files.write(file.resolveSibling("state-9.safetensors.tmp"), noise);
      }
    },
    BESIDE_A_FOREIGN_ONE {
      @Override
      void inflict(Path file, Random random) throws IOException {
        Path unused = Files.writeString(file.resolveSibling("notes.txt"), "mine");
      }
    };

    abstract void inflict(Path file, Random random) throws IOException;
  }

  /** Files of different epochs and of different content change places. */
  @Test
  @Tag("engine")
  void forget_filesExchanged() throws Exception {
    for (Path one : files(kept)) {
      for (Path other : files(kept)) {
        if (!one.equals(other)) {
          Path folder = copy();
          byte[] bytes = Files.readAllBytes(one);
          Path unused = Files.write(folder.resolve(other.getFileName()), bytes);
          assertSameEndOrRefused(folder, one.getFileName() + " as " + other.getFileName());
        }
      }
    }
    assertThat(refused).isPositive();
  }

  /** A power failure may lose the last lines of a journal whose newer arrays are there. */
  @Test
  @Tag("engine")
  void forget_journalCutAtEveryLine() throws Exception {
    List<String> lines = Files.readAllLines(kept.resolve("journal"));
    for (int left = 0; left < lines.size(); left++) {
      Path folder = copy();
      List<String> first = new ArrayList<>(lines.subList(0, left));
      Path unused = Files.write(folder.resolve("journal"), first);
      assertSameEndOrRefused(folder, left + " lines");
    }
  }

  private void assertSameEndOrRefused(Path folder, String what) {
    Fault.FOLDER_CHANGED.injected();
    try (TrainableCausalLm model = TinyModel.reciting()) {
      try {
        ForgetReport report =
            unlearner().forget(model, SET, RunOptions.builder().workDirectory(folder).build());
        assertThat(report.outcome()).as(what).isEqualTo(Outcome.PARTIAL);
        assertThat(WeightsDigest.of(model)).as(what).isEqualTo(expected);
        assertThat(folder).as(what).isEmptyDirectory();
      } catch (UnlearningException | IllegalArgumentException e) {
        refused++;
        assertThat(e).as(what).hasMessageContaining(folder.toString());
        assertThat(e.getMessage().lines()).as(what).hasSize(1);
        assertThat(WeightsDigest.of(model)).as(what).isEqualTo(original);
      }
    }
    Fault.FOLDER_CHANGED.survived();
  }

  private Path copy() throws IOException {
    Path folder = Files.createTempDirectory(temporary, "copy");
    for (Path file : files(kept)) {
      Path unused = Files.copy(file, folder.resolve(file.getFileName()));
    }
    return folder;
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
