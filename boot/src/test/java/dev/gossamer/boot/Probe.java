package dev.gossamer.boot;

import java.nio.charset.StandardCharsets;

/** The main class of the jar that {@link BootTest} starts: says where it runs, then does as its first argument says. */
public final class Probe {

    private Probe() {}

    /** Prints what {@link BootTest} asks about. */
    public static void main(String[] args) throws Exception {
        System.out.println("vector="
                + ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent());
        System.out.println("property=" + System.getProperty("gossamer.backend"));
        System.out.println("heap=" + Runtime.getRuntime().maxMemory());
        System.out.println("pid=" + ProcessHandle.current().pid());
        System.out.println("args=" + String.join("|", args));
        switch (args[0]) {
            case "exit" -> System.exit(Integer.parseInt(args[1]));
            case "throw" -> throw new IllegalStateException("as asked");
            case "echo" -> System.out.println("in=" + new String(System.in.readAllBytes(), StandardCharsets.UTF_8));
            case "wait" -> {
                Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("tidied")));
                System.out.println("ready");
                Thread.sleep(Long.MAX_VALUE);
            }
            default -> throw new IllegalArgumentException(args[0]);
        }
    }
}
