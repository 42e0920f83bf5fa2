set encoding utf8
set termoption noenhanced
set grid xtics ytics lt 1 lw 1 lc rgb '#e2e2e2'
set border 3 lc rgb '#555555'
set tics nomirror
set key top left reverse Left samplen 2
set terminal unknown
set title "Service time of a request (simulated: profile s3-standard)"
set xlabel 'milliseconds'
set ylabel 'share of requests answered within'
set logscale x 10
set yrange [0:1.02]
set key bottom right
plot 'latency.dat' index 0 using 1:2 title 'ListObjectsV2, sequential' with steps lw 2 dt 1 lc rgb '#009E73', 'latency.dat' index 1 using 1:2 title 'GetObject, sequential' with steps lw 2 dt 1 lc rgb '#0072B2', 'latency.dat' index 2 using 1:2 title 'PutObject, sequential' with steps lw 2 dt 1 lc rgb '#D55E00', 'latency.dat' index 3 using 1:2 title 'ListObjectsV2, objects-64' with steps lw 3 dt '. ' lc rgb '#009E73', 'latency.dat' index 4 using 1:2 title 'GetObject, objects-64' with steps lw 3 dt '. ' lc rgb '#0072B2', 'latency.dat' index 5 using 1:2 title 'PutObject, objects-64' with steps lw 3 dt '. ' lc rgb '#D55E00'
set terminal svg size 900,560 dynamic enhanced font 'DejaVu Sans,14' background '#ffffff'
set output 'latency.svg'
replot
set terminal pngcairo size 1200,750 font 'DejaVu Sans,13' background '#ffffff'
set output 'latency.png'
replot
unset output
