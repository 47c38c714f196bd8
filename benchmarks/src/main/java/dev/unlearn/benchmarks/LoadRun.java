package dev.unlearn.benchmarks;

import ai.djl.ndarray.NDArray;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import dev.unlearn.CausalLms;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Loads a checkpoint several times, in turn with reading its weights once as {@code cat} does, and
 * prints the seconds of both and the peak of resident memory. Linux only, because it reads {@code
 * /proc/self/status}.
 *
 * <p>Usage: {@code LoadRun [FOLDER]}; without a folder a checkpoint of the shape of OPT-1.3B in F16
 * is written first, 2.6 GB.
 */
public final class LoadRun {
  private static final int ROUNDS = 7;

  private LoadRun() {}

  /** Runs it. */
  public static void main(String[] args) throws IOException {
    if (args.length > 0) {
      run(Path.of(args[0]));
      return;
    }
    Path folder = Files.createTempDirectory("opt-1.3b-shaped");
    try {
      OptCheckpoint.write(folder);
      run(folder);
    } finally {
      MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
    }
  }

  private static void run(Path folder) throws IOException {
    double[] reading = new double[ROUNDS];
    double[] loading = new double[ROUNDS];
    long parameterBytes = 0;
    System.out.println("read s  load s");
    for (int round = 0; round < ROUNDS; round++) {
      reading[round] = read(folder);
      long start = System.nanoTime();
      try (TrainableCausalLm model = CausalLms.load(folder)) {
        loading[round] = Timing.secondsSince(start);
        parameterBytes =
            model.parameters().values().stream().mapToLong(NDArray::size).sum() * Float.BYTES;
      }
      System.out.printf("%6.3f  %6.3f%n", reading[round], loading[round]);
    }
    System.out.printf(
        "medians %.3f and %.3f s: loading has %.2f of the speed of reading%n",
        Timing.median(reading),
        Timing.median(loading),
        Timing.median(reading) / Timing.median(loading));
    System.out.printf(
        "peak of resident memory %.3f GB, %.3f of the parameters' %.3f GB%n",
        ResidentMemory.peakBytes() / 1e9,
        (double) ResidentMemory.peakBytes() / parameterBytes,
        parameterBytes / 1e9);
  }

  private static double read(Path folder) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(128 << 10);
    long start = System.nanoTime();
    try (var files = Files.newDirectoryStream(folder, "*.{safetensors,bin}")) {
      for (Path file : files) {
        try (FileChannel channel = FileChannel.open(file)) {
          while (channel.read(buffer.clear()) >= 0) {}
        }
      }
    }
    return Timing.secondsSince(start);
  }
}
